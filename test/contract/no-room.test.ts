/** With the limit of open files reached, the host can still be looked at, and whatever cannot be asked says that it was not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinuxProcessTable } from '../../src/adapters/exec/linux-process-table.js';
import { SpawnRunner } from '../../src/adapters/exec/spawn-runner.js';
import { SystemNetworkProber } from '../../src/adapters/net/network-prober.js';
import { SystemctlUnitManager } from '../../src/adapters/systemd/systemctl-unit-manager.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';

const LIMIT = 1024;
/** Sets our limit, and puts it back when it is told to: we could start nobody for that. */
const KEEPER = `old=$(prlimit --pid $PPID --nofile --noheadings --output SOFT) && prlimit --pid $PPID --nofile=${LIMIT}: &&
  echo lowered && read -r line; prlimit --pid $PPID --nofile=$old: && echo raised`;

const options = { timeoutMs: 10_000, signal: new AbortController().signal };
const clock = new SystemClock();

describe('with the limit of open files reached', () => {
  const taken: number[] = [];
  let table: LinuxProcessTable;
  let restore: () => Promise<void>;

  beforeEach(async () => {
    table = new LinuxProcessTable();
    const keeper = spawn('/bin/sh', ['-c', KEEPER], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(keeper.stdout, 'data');
    restore = async () => {
      keeper.stdin.end('\n');
      await once(keeper, 'close');
    };
    for (;;) {
      try {
        taken.push(openSync('/dev/null', 'r'));
      } catch {
        return;
      }
    }
  });

  afterEach(async () => {
    for (const file of taken.splice(0)) closeSync(file);
    await restore();
  });

  it('a command that cannot be started says that there was no room for it', async () => {
    const result = await new SpawnRunner(clock).run({ file: '/bin/true', args: [] }, options);
    expect(result).toEqual({
      kind: 'not_started',
      reason: 'no_room',
      detail: 'the limit of open files is reached (EMFILE)',
    });
  });

  it('programs are seen as before: none is taken for gone', async () => {
    const own = await table.find(process.pid);
    expect(own?.identity.pid).toBe(process.pid);
    if (own === null) return;
    expect(await table.isRunning(own.identity)).toBe(true);
    expect((await table.list()).map(({ identity }) => identity.pid)).toContain(process.pid);
    expect(await table.workingDirectory(own.identity)).toBe(process.cwd());
  });

  it('a unit that cannot be asked about is unknown, and one that cannot be restarted is so for a moment only', async () => {
    const units = new SystemctlUnitManager(new SpawnRunner(clock));
    expect(await units.describe(['app'], options)).toBe('no_answer');
    expect(await units.restart('app', options)).toMatchObject({ kind: 'unavailable', isPassing: true });
  });

  it('a health check over the network that cannot be made says so, instead of that nobody answers', async () => {
    const prober = new SystemNetworkProber(clock);
    const unasked = { ok: false, isUnasked: true, detail: expect.stringContaining('open files') as string };
    expect(await prober.tcp('127.0.0.1', 1, 5000, options.signal)).toMatchObject(unasked);
    const probe = { url: 'http://127.0.0.1:1/', statuses: { from: 200, to: 299 }, text: null };
    expect(await prober.http(probe, 5000, options.signal)).toMatchObject(unasked);
  });
});
