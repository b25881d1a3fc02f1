/** Reads the values of options, and says what is wrong with them. */
import { InvalidArgumentError } from 'commander';

/** Any text but none. */
export function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/** Whole or broken seconds. */
export function seconds(text: string): number {
  if (!/^\d{1,6}(?:\.\d+)?$/.test(text)) throw new InvalidArgumentError('Seconds expected.');
  return Number(text);
}

/** A whole number from 1. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('A number from 1 expected.');
  return Number(text);
}
