/** The unit manager's own part: what it asks `systemctl`, what it never passes on, and how it reads the answers. */
import { describe, expect, it } from 'vitest';
import { SystemctlUnitManager } from '../../../src/adapters/systemd/systemctl-unit-manager.js';
import type { Command } from '../../../src/ports/command-runner.js';
import { FakeClock } from '../../support/fake-clock.js';
import { ScriptedRunner, type ScriptedAnswer } from '../../support/scripted-runner.js';

const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };

function setUp(...answers: readonly ScriptedAnswer[]) {
  const runner = new ScriptedRunner().on('systemctl', ...answers);
  return { runner, manager: new SystemctlUnitManager(runner) };
}

describe('restart', () => {
  it('asks without questions, in job mode fail, with the name behind --', async () => {
    const { runner, manager } = setUp({ exitCode: 0 });
    expect(await manager.restart('app', OPTIONS)).toEqual({ kind: 'done' });
    expect(runner.calls).toMatchObject([
      {
        line: 'systemctl --no-ask-password --no-pager --job-mode=fail restart -- app.service',
        timeoutMs: 5000,
        command: { environment: { LC_ALL: 'C', SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0' } },
      },
    ]);
  });

  it.each([
    '',
    '-',
    '--help',
    '-H x',
    '*',
    'a?b',
    '[a]',
    '../x',
    '/home',
    'a b',
    'a\nb',
    'a;b',
    'x@.service',
    'é',
    '\0',
  ])('never passes %j on', async (name) => {
    const { runner, manager } = setUp();
    expect(await manager.restart(name, OPTIONS)).toMatchObject({ kind: 'impossible' });
    expect(await manager.resetFailed(name, OPTIONS)).toMatchObject({ kind: 'impossible' });
    expect(runner.calls).toEqual([]);
  });

  it.each([
    [5, 'Failed to restart a.service: Unit a.service not found.', 'impossible'],
    [1, 'Failed to restart a.service: Unit a.service is masked.', 'impossible'],
    [1, 'Failed to restart a.service: Unit a.service has a bad unit file setting.', 'impossible'],
    [4, 'Operation refused, unit a.service may be requested by dependency only (it is …).', 'impossible'],
    [3, 'Failed to restart a.slice: Job type restart is not applicable for unit a.slice.', 'impossible'],
    [4, 'Failed to restart a.service: Access denied', 'not_permitted'],
    [1, 'Failed to restart a.service: Interactive authentication required.', 'not_permitted'],
    [
      4,
      "Failed to restart a.service: Transaction for a.service/restart is destructive (b has 'stop' job …).",
      'conflict',
    ],
    [1, 'Job for a.service canceled.', 'conflict'],
    [1, 'Job for a.service failed because start of the service was attempted too often.', 'start_limit'],
    [1, "System has not been booted with systemd as init system (PID 1). Can't operate.", 'unavailable'],
    [1, 'Failed to connect to bus: No such file or directory', 'unavailable'],
    [1, 'Failed to connect to system scope bus via local transport: No such file or directory', 'unavailable'],
    [1, 'Job for a.service failed because the control process exited with error code.', 'failed'],
    [1, 'Job for is-masked.service failed because a timeout was exceeded.', 'failed'],
    [1, "A dependency job for a.service failed. See 'journalctl -xe' for details.", 'failed'],
    [1, 'Assertion failed on job for a.service.', 'failed'],
  ])('takes exit code %i and %j as %s', async (exitCode, sentence, kind) => {
    const output = `Warning: The unit file of a.service changed on disk.\n${sentence}\nSee "systemctl status a.service".\n`;
    const { manager } = setUp({ exitCode, output });
    expect(await manager.restart('a', OPTIONS)).toEqual({ kind, detail: sentence });
  });

  it('tells what happened when systemctl says nothing, dies, is late or is not there', async () => {
    const answers = [{ exitCode: 7 }, { diedOf: 'SIGSEGV' }, { notStarted: 'missing' }] as const;
    const { manager } = setUp(...answers);
    const results = [];
    for (let turn = 0; turn < answers.length; turn++) results.push(await manager.restart('a', OPTIONS));
    expect(results).toEqual([
      { kind: 'failed', detail: 'systemctl exited with 7 and said nothing' },
      { kind: 'failed', detail: 'systemctl was ended by SIGSEGV' },
      { kind: 'unavailable', detail: 'missing executable: systemctl' },
    ]);
  });
});

describe('describe', () => {
  const block = (unit: string) => `Id=${unit}\nNames=${unit}\nLoadState=loaded\n`;
  const unitsOf = ({ args }: Command) => args.slice(args.indexOf('--') + 1);

  /** Answers as systemctl would; `limit` is the number of units after which the output is cut off. */
  function answering(limit = Infinity) {
    const asked: (readonly string[])[] = [];
    const run = async (command: Command) => {
      asked.push(unitsOf(command));
      const output = unitsOf(command).slice(-limit).map(block).join('\n');
      return { kind: 'exited', exitCode: 0, output, durationMs: 1 } as const;
    };
    return { asked, manager: new SystemctlUnitManager({ run }) };
  }

  /** Answers up to the name of a slice, as systemd does: that one has no object, and ends the command. */
  function refusingSlices() {
    const run = async (command: Command) => {
      const units = unitsOf(command);
      const odd = units.findIndex((unit) => unit.endsWith('.slice'));
      if (odd < 0) return { kind: 'exited', exitCode: 0, output: units.map(block).join('\n'), durationMs: 1 } as const;
      const refusal = "Failed to get properties: Unknown object '/org/freedesktop/systemd1/unit/t_40user_2eslice'.\n";
      const output = `${units.slice(0, odd).map(block).join('\n')}${refusal}`;
      return { kind: 'exited', exitCode: 1, output, durationMs: 1 } as const;
    };
    return new SystemctlUnitManager({ run });
  }

  it('asks once for all names, each unit once, and leaves out what cannot be a unit', async () => {
    const { asked, manager } = answering();
    const states = await manager.describe(['b', 'a.service', '*', 'b.service', '17'], OPTIONS);
    expect(asked).toEqual([['b.service', 'a.service', '17.service']]);
    const ids = [...(states as ReadonlyMap<string, { id: string }>)].map(([name, { id }]) => `${name}=${id}`);
    expect(ids).toEqual(['b=b.service', 'a.service=a.service', '*=*', 'b.service=b.service', '17=17.service']);
  });

  it('asks nothing where no name can be a unit', async () => {
    const { asked, manager } = answering();
    expect(await manager.describe(['*', '--help'], OPTIONS)).toMatchObject(
      new Map([
        ['*', {}],
        ['--help', {}],
      ]),
    );
    expect(asked).toEqual([]);
  });

  it('asks again in halves when the answer does not cover all units, so that no state goes to the wrong one', async () => {
    const { asked, manager } = answering(20);
    const names = Array.from({ length: 150 }, (_, number) => `u${number}.service`);
    const states = await manager.describe(names, OPTIONS);
    expect([...(states as ReadonlyMap<string, { id: string }>).values()].map(({ id }) => id)).toEqual(names);
    expect(asked[0]).toHaveLength(60);
  });

  it.each([0, 1, 59, 60, 149])(
    'does not let one name that no unit can have hide the others: number %i',
    async (odd) => {
      const names = Array.from({ length: 150 }, (_, number) =>
        number === odd ? 't@user.slice' : `u${number}.service`,
      );
      const states = await refusingSlices().describe(names, OPTIONS);
      if (typeof states === 'string') throw new Error(states);
      const found = names.filter((name) => states.get(name)?.loadState === 'loaded');
      expect(found).toEqual(names.filter((name) => name !== 't@user.slice'));
      expect(states.get('t@user.slice')?.loadState).toBe('not-found');
    },
  );

  it.each<[string, ScriptedAnswer]>([
    ['systemctl is missing', { notStarted: 'missing' }],
    [
      'another init system runs',
      {
        exitCode: 1,
        output:
          "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n",
      },
    ],
    ['it runs outside a chroot', { exitCode: 0, output: "Running in chroot, ignoring command 'show'\n" }],
  ])('says that systemd is not here where %s', async (_what, answer) => {
    expect(await setUp(answer).manager.describe(['a', 'b'], OPTIONS)).toBe('unavailable');
  });

  it.each<[string, ScriptedAnswer]>([
    ['the bus refuses', { exitCode: 1, output: 'Failed to connect to bus: Connection refused\n' }],
    ['the bus is gone', { exitCode: 1, output: 'Failed to connect to bus: No such file or directory\n' }],
    ['the call takes too long', { exitCode: 1, output: 'Failed to get properties: Connection timed out\n' }],
    ['systemctl is killed', { diedOf: 'SIGKILL' }],
    ['systemctl is late', { afterMs: Infinity }],
    ['systemctl cannot be started now', { notStarted: 'other' }],
    ['systemctl may not be executed', { notStarted: 'not_permitted' }],
    ['systemctl says nothing', { exitCode: 0, output: '' }],
  ])('says that there was no answer where %s', async (_what, answer) => {
    const clock = new FakeClock();
    const manager = new SystemctlUnitManager(new ScriptedRunner(clock).on('systemctl', answer));
    const asked = manager.describe(['a', 'b'], OPTIONS);
    await clock.advance(OPTIONS.timeoutMs);
    expect(await asked).toBe('no_answer');
  });
});
