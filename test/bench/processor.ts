/** Processor time of the machine's services, read from their control groups on the host: reading costs the machine nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootedMachine } from '../system/support/booted-machine.js';

/** Who takes part in a handling: name for people → control group. */
const SHARERS = {
  'the daemon': 'system.slice/process-monitor.service',
  systemd: 'init.scope',
  'dbus-daemon': 'system.slice/dbus.service',
  polkitd: 'system.slice/polkit.service',
  'the database': 'system.slice/mariadb.service',
  'the journal': 'system.slice/systemd-journald.service',
} as const;

export type Sharer = keyof typeof SHARERS;
/** `Object.keys` alone forgets which, and below `Object.fromEntries` does. */
export const SHARER_NAMES = Object.keys(SHARERS) as readonly Sharer[];

export type ProcessorTimes = Readonly<Record<Sharer, number>>;

/** Milliseconds so far, with all that they have started; 0 for what does not run. */
export async function processorTimes(machine: BootedMachine): Promise<ProcessorTimes> {
  const times = await Promise.all(SHARER_NAMES.map((name) => processorMsOf(machine, SHARERS[name])));
  return Object.fromEntries(SHARER_NAMES.map((name, index) => [name, times[index]])) as ProcessorTimes;
}

/** Of one control group below the machine's; 0: it is not there. */
export async function processorMsOf(machine: BootedMachine, group: string): Promise<number> {
  const text = await readFile(join(machine.group, group, 'cpu.stat'), 'utf8').catch(() => '');
  return Number(/^usage_usec (\d+)$/m.exec(text)?.[1] ?? 0) / 1000;
}

export const unitGroup = (unit: string): string => `system.slice/${unit}.service`;

/** Numbers that the host gives to the processes of a unit. */
export async function pidsOf(machine: BootedMachine, unit: string): Promise<readonly number[]> {
  const text = await readFile(join(machine.group, unitGroup(unit), 'cgroup.procs'), 'utf8');
  return text.split('\n').filter(Boolean).map(Number);
}

export function spentBetween(before: ProcessorTimes, after: ProcessorTimes, shares: number): ProcessorTimes {
  return Object.fromEntries(
    SHARER_NAMES.map((name) => [name, (after[name] - before[name]) / shares]),
  ) as ProcessorTimes;
}
