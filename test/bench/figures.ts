/** What the parts of the benchmark share: figures, the middle of many, and what a daemon's log and process tell. */
import type { BootedMachine } from '../system/support/booted-machine.js';
import type { LogLine } from '../system/support/monitored-machine.js';

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What is aimed at; null: for comparison only. */
  readonly aim: number | null;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** First `alarm.found` to last `write_back.done`; both are stamped with whole milliseconds. */
export function handlingMs(lines: readonly LogLine[]): number {
  const at = (event: string): readonly number[] =>
    lines.filter((line) => line.event === event).map(({ timestamp }) => Date.parse(timestamp));
  return Math.max(...at('write_back.done')) - Math.min(...at('alarm.found'));
}

/** Processor time of all threads of a process so far, without its children, milliseconds. */
export async function processorMs(machine: BootedMachine, pid: string): Promise<number> {
  return Number(await machine.must(`cat /proc/${pid}/task/*/schedstat | awk '{s+=$1} END {print s}'`)) / 1e6;
}
