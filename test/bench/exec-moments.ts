/** When a unit's program began to run, as the kernel tells it: after systemd has built its sandbox. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BootedMachine } from '../system/support/booted-machine.js';
import { PROJECT_DIRECTORY } from '../system/support/machine.js';

export interface ExecMoments {
  /** Ends the watch; milliseconds since the epoch, of each program whose command line fits. */
  stop(fits: RegExp): Promise<readonly number[]>;
}

export async function watchExecMoments(machine: BootedMachine, unit: string): Promise<ExecMoments> {
  const script = join(PROJECT_DIRECTORY, 'test/system/support/exec-watch.pl');
  const watcher = spawn('perl', [script, basename(machine.group), unit, 'timed'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: watcher.stdout });
  reader.on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), once(watcher, 'exit')]);
  if (lines[0] !== 'ready') throw new Error('the kernel does not tell when programs start');
  return {
    stop: async (fits) => {
      watcher.stdin.end();
      if (watcher.exitCode === null) await once(watcher, 'exit');
      const epochOfMonotonicMs = performance.timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6;
      const started = lines.slice(1).filter((line) => fits.test(line));
      return started.map((line) => epochOfMonotonicMs + Number(line.split(' ')[0]) / 1e6);
    },
  };
}
