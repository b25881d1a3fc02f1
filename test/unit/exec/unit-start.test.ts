/** Starting as a unit, where systemd is old, refuses or does not answer. */
import { describe, expect, it } from 'vitest';
import type { PreparedStart } from '../../../src/adapters/exec/start-preparation.js';
import { startInUnit } from '../../../src/adapters/exec/unit-start.js';
import type { StartResult } from '../../../src/ports/process-starter.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeProcessTable } from '../../support/fake-process-table.js';
import { FakeRandom } from '../../support/fake-random.js';
import { ScriptedRunner } from '../../support/scripted-runner.js';

const START: PreparedStart = {
  kind: 'prepared',
  name: 'app',
  file: '/opt/app/run',
  args: [],
  user: null,
  workingDirectory: '/',
  environment: {},
  program: 'run',
  isShellLine: false,
};

interface Host {
  readonly clock: FakeClock;
  readonly table: FakeProcessTable;
  readonly runner: ScriptedRunner;
  readonly start: () => Promise<StartResult>;
}

function host(): Host {
  const clock = new FakeClock();
  const table = new FakeProcessTable(clock);
  const runner = new ScriptedRunner(clock)
    .on('systemd-run')
    .on('reset-failed')
    .on('--version', { output: 'systemd 252 (252.38)\n' })
    .on('show', { output: 'ActiveState=inactive\nMainPID=0\n' });
  const options = { timeoutMs: 5000, signal: new AbortController().signal };
  const context = { runner, table, clock, random: new FakeRandom() };
  const start = async (): Promise<StartResult> => {
    const pending = startInUnit(START, context, options);
    await clock.advance(100);
    return pending;
  };
  return { clock, table, runner, start };
}

describe('startInUnit', () => {
  it('finds the main process in the table', async () => {
    const { table, runner, start } = host();
    const { identity } = table.add({ argv: ['/opt/app/run'], pid: 4242 });
    runner.on('show', { output: 'ActiveState=active\nMainPID=4242\n' });
    expect(await start()).toEqual({
      kind: 'started',
      identity,
      home: 'transient_unit',
      unit: 'pm-app-000000010000.service',
    });
  });

  it.each([
    ['systemd 252', '--service-type=exec'],
    ['systemd 239', '--service-type=simple'],
  ])('on %s asks for %s', async (version, option) => {
    const { runner, start } = host();
    runner.on('--version', { output: `${version} (x)\n` });
    await start();
    expect(runner.lines.find((line) => line.startsWith('systemd-run'))).toContain(option);
  });

  it('tells why a unit has failed, and clears it away', async () => {
    const { runner, start } = host();
    runner.on('show', { output: 'ActiveState=failed\nMainPID=0\nExecMainCode=1\nExecMainStatus=9\n' });
    expect(await start()).toMatchObject({ reason: 'ended', detail: expect.stringContaining('exit code 9') as string });
    expect(runner.lines.at(-1)).toBe('systemctl --no-ask-password reset-failed -- pm-app-000000010000.service');
  });

  it.each([
    [{ exitCode: 1, output: 'Failed to connect to bus: Connection refused\n' }, 'Failed to connect to bus'],
    [{ exitCode: 1 }, 'exit code 1'],
    [{ notStarted: 'missing' as const }, 'missing executable: systemd-run'],
    [{ diedOf: 'SIGSEGV' }, 'killed by SIGSEGV'],
  ])('says what went wrong when systemd-run ends as %j', async (answer, words) => {
    const { runner, start } = host();
    runner.on('systemd-run', answer);
    const detail = expect.stringContaining(words) as string;
    expect(await start()).toEqual({ kind: 'not_started', reason: 'other', detail });
  });
});
