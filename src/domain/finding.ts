/** One thing that an examination of the installation has found: fine, or what is wrong and the command that mends it. */
import { FINDING_WORDS, type FindingCode } from './finding-words.js';

/** `problem`: it cannot work as it stands; `warning`: worth a look; `skipped`: not looked at, and why. */
export type FindingSeverity = 'problem' | 'warning' | 'fine' | 'skipped';

export interface Finding {
  readonly severity: FindingSeverity;
  /** What it is about: `database`, `files`, or a process's name. */
  readonly about: string;
  readonly code: FindingCode;
  readonly values: Readonly<Record<string, string>>;
  /** In English. */
  readonly text: string;
  /** A line for a shell, to be run by root; null: nothing is wrong, or a person must decide. */
  readonly remedy: string | null;
}

type Values = Readonly<Record<string, string | number | null>>;

/** `values` for the words of `code`; `remedy` among them is the command that mends it. */
export function finding(
  severity: FindingSeverity,
  about: string,
  code: FindingCode,
  { remedy = null, ...values }: Values = {},
): Finding {
  const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const text = fillWords(FINDING_WORDS[code], texts);
  return { severity, about, code, values: texts, text, remedy: remedy === null ? null : String(remedy) };
}

/** Puts values in place of `{name}`; nothing in a value is read as such a place. */
export function fillWords(words: string, values: Readonly<Record<string, string>>): string {
  return words.replace(/\{(\w+)\}/g, (place, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : place,
  );
}
