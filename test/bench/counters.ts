/** What a process has cost so far, as the kernel and the database server count it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { MonitoredMachine } from '../system/support/monitored-machine.js';

/** Milliseconds of processor time and times it gave up the processor by itself, over all threads. `pid`: the host's number. */
export interface ProcessCounters {
  readonly cpuMs: number;
  readonly wakeUps: number;
}

export async function countersOf(pid: number): Promise<ProcessCounters> {
  const threads = await readdir(`/proc/${pid}/task`);
  const each = await Promise.all(
    threads.map(async (thread) => {
      const directory = `/proc/${pid}/task/${thread}`;
      const [schedule, status] = await Promise.all(
        ['schedstat', 'status'].map((name) => readFile(`${directory}/${name}`, 'utf8').catch(() => '')),
      );
      const wakeUps = Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status ?? '')?.[1] ?? 0);
      return { cpuMs: Number((schedule ?? '').split(' ')[0]) / 1e6, wakeUps };
    }),
  );
  const sum = (of: (one: ProcessCounters) => number): number => each.reduce((total, one) => total + of(one), 0);
  return { cpuMs: sum(({ cpuMs }) => cpuMs), wakeUps: sum(({ wakeUps }) => wakeUps) };
}

export interface Memory {
  readonly rssMb: number;
  readonly pssMb: number;
}

export async function memoryOf(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (field: string): number => Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(text)?.[1]) / 1024;
  return { rssMb: megabytes('Rss'), pssMb: megabytes('Pss') };
}

/** System calls of a process in that time; null: nothing here can count them. */
export async function systemCalls(pid: number, seconds: number): Promise<number | null> {
  if (!existsSync('/usr/bin/perf')) return null;
  const args = ['stat', '-x,', '-e', 'raw_syscalls:sys_enter', '-p', `${pid}`, '--', 'sleep', `${seconds}`];
  const child = spawn('perf', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(child, 'close');
  const count = /^(\d+),.*raw_syscalls:sys_enter/m.exec(text)?.[1];
  return count === undefined ? null : Number(count);
}

/** What the server has done for one of its users. */
export interface ServerCounters {
  readonly bytes: number;
  readonly statements: number;
  readonly cpuMs: number;
}

export async function serverCounters(host: MonitoredMachine, user: string): Promise<ServerCounters> {
  const [row] = await host.sql(`SELECT BYTES_RECEIVED + BYTES_SENT,
    SELECT_COMMANDS + UPDATE_COMMANDS + OTHER_COMMANDS, CPU_TIME * 1000
    FROM information_schema.USER_STATISTICS WHERE USER = '${user}'`);
  return { bytes: Number(row?.[0]), statements: Number(row?.[1]), cpuMs: Number(row?.[2]) };
}
