/** Watches from outside, through the kernel's own events, which programs the processes of a unit start. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { basename, join } from 'node:path';
import type { BootedMachine } from './booted-machine.js';

export interface ExecWatch {
  /** Ends the watch and gives every command line so far; `gone`: it had ended, or become the next, before it could be read. */
  stop(): Promise<readonly string[]>;
}

/** Resolves when nothing can be missed any more. */
export async function watchExecs(machine: BootedMachine, unit: string): Promise<ExecWatch> {
  const group = basename(machine.group);
  const script = join(import.meta.dirname, 'exec-watch.pl');
  const watcher = spawn('perl', [script, group, unit], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: watcher.stdout });
  reader.on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), once(watcher, 'exit')]);
  if (lines[0] !== 'ready') throw new Error(`the kernel does not tell what is started in ${group}`);
  return {
    stop: async () => {
      watcher.stdin.end();
      if (watcher.exitCode === null) await once(watcher, 'exit');
      return lines.slice(1);
    },
  };
}
