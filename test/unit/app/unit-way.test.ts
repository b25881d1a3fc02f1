/** Which way leads to systemd, as `doctor` and the log tell it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { judgeUnitWay } from '../../../src/app/doctor/runtime.js';
import { createUnitWay, type UnitWay, type UnitWayChoice } from '../../../src/app/unit-way.js';
import { SystemClock } from '../../../src/adapters/time/system-clock.js';
import { ENGLISH } from '../../../src/cli/texts-en.js';
import { ROMANIAN } from '../../../src/cli/texts-ro.js';
import { RecordingSink } from '../../support/recording-sink.js';
import { ScriptedBus } from '../../support/scripted-bus.js';
import { ScriptedRunner } from '../../support/scripted-runner.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { PATIENCE } from '../../support/patience.js';

const OPTIONS = { timeoutMs: 20_000, signal: new AbortController().signal };
const JOB = '/org/freedesktop/systemd1/job/7';

describe('what doctor says of the way to systemd', () => {
  it.each([
    [{ choice: 'auto', problem: null }, 'fine', 'units are reached over D-Bus', 'unitățile sunt accesate prin D-Bus'],
    [{ choice: 'dbus', problem: null }, 'fine', 'units are reached over D-Bus', 'unitățile sunt accesate prin D-Bus'],
    [
      { choice: 'systemctl', problem: null },
      'fine',
      'units are reached by systemctl, as unit_manager says',
      'unitățile sunt accesate prin systemctl, cum cere unit_manager',
    ],
    [
      { choice: 'auto', problem: 'connect ENOENT /x' },
      'warning',
      'the message bus does not answer (connect ENOENT /x): a monitor that is root uses systemctl, at many times the cost; any other waits',
      'magistrala de mesaje nu răspunde (connect ENOENT /x): un monitor care este root folosește systemctl, la un cost de multe ori mai mare; oricare altul așteaptă',
    ],
    [
      { choice: 'dbus', problem: 'connect ENOENT /x' },
      'problem',
      'the message bus does not answer (connect ENOENT /x), and unit_manager = dbus allows no other way',
      'magistrala de mesaje nu răspunde (connect ENOENT /x), iar unit_manager = dbus nu permite altă cale',
    ],
  ] as const)('%j is %s', (state, severity, english, romanian) => {
    const finding = judgeUnitWay(state);
    expect(finding.severity).toBe(severity);
    expect(ENGLISH.findingText(finding)).toBe(english);
    expect(ROMANIAN.findingText(finding)).toBe(romanian);
  });
});

describe('the way to systemd', () => {
  let bus: ScriptedBus;
  let events: RecordingSink;
  beforeEach(async () => {
    bus = new ScriptedBus(await temporaryDirectory());
    await bus.start();
    bus.on('GetAll', () => ({ signature: 'a{sv}', body: [[]] }));
    bus.on('RestartUnit', () => ({
      signature: 'o',
      body: [JOB],
      before: () => bus.jobRemoved(JOB, 'app.service', 'done'),
    }));
    vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', `unix:path=${bus.path}`);
    events = new RecordingSink();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await bus.stop();
  });

  let runner: ScriptedRunner;
  const systemctlExits = (exitCode: number): void => {
    runner.on('systemctl', { exitCode, output: exitCode === 0 ? '' : 'System has not been booted with systemd' });
  };
  const wayOf = (choice: UnitWayChoice, exitCode = 0): UnitWay => {
    const clock = new SystemClock();
    runner = new ScriptedRunner(clock);
    systemctlExits(exitCode);
    return createUnitWay(choice, { runner, clock, events });
  };
  /** Until it is known: what is asked in this very instant may have been carried out, and is asked for in no other way. */
  const lose = async (way: UnitWay): Promise<void> => {
    await bus.stop();
    await vi.waitUntil(async () => (await way.ask()).problem !== null, PATIENCE);
  };

  it('is open where the bus answers, and says why where it does not', async () => {
    for (const choice of ['auto', 'dbus'] as const) {
      expect(await wayOf(choice).ask()).toEqual({ choice, problem: null });
    }
    await bus.stop();
    for (const choice of ['auto', 'dbus'] as const) {
      const { problem } = await wayOf(choice).ask();
      expect(problem).toMatch(/ENOENT|ECONNREFUSED/);
    }
    expect(await wayOf('systemctl').ask()).toEqual({ choice: 'systemctl', problem: null });
  });

  it('is told once for each change, and not for each request', async () => {
    const way = wayOf('auto');
    const restart = async (): Promise<void> => {
      expect(await way.units.restart('app', OPTIONS)).toEqual({ kind: 'done' });
    };
    await restart();
    await restart();
    expect(events.events).toEqual([]);
    await lose(way);
    for (let round = 0; round < 3; round += 1) await restart();
    expect(events.events).toEqual([
      {
        type: 'unit_way.changed',
        way: 'systemctl',
        detail: expect.stringMatching(/\bE[A-Z]+|closed/) as string,
      },
    ]);
    await bus.start();
    await vi.waitUntil(async () => {
      await restart();
      return events.events.length > 1;
    }, PATIENCE);
    await restart();
    expect(events.events.slice(1)).toEqual([{ type: 'unit_way.changed', way: 'dbus', detail: null }]);
  });

  it('is not told where there was none from the beginning, nor where the settings leave the bus out', async () => {
    await bus.stop();
    for (const { units } of [wayOf('auto', 1), wayOf('dbus'), wayOf('systemctl')]) {
      await units.restart('app', OPTIONS);
      await units.describe(['app'], OPTIONS);
    }
    expect(events.events).toEqual([]);
  });

  it.each<[string, UnitWayChoice, number]>([
    ['nor by systemctl', 'auto', 1],
    ['and the settings leave no other way', 'dbus', 0],
  ])('is told as lost, once, where the bus no longer answers %s', async (_what, choice, exitCode) => {
    const way = wayOf(choice, exitCode);
    const ask = () => way.units.describe(['app'], OPTIONS);
    expect(await ask()).not.toBeTypeOf('string');
    await lose(way);
    expect(await ask()).toBeTypeOf('string');
    expect(await way.units.restart('app', OPTIONS)).toMatchObject({ kind: 'unavailable' });
    expect(events.events).toEqual([
      { type: 'unit_way.changed', way: 'none', detail: expect.stringMatching(/\bE[A-Z]+|closed/) as string },
    ]);
    await bus.start();
    await vi.waitUntil(async () => typeof (await ask()) !== 'string', PATIENCE);
    expect(events.events.slice(1)).toEqual([{ type: 'unit_way.changed', way: 'dbus', detail: null }]);
  });

  it('is not told as lost where systemctl, which serves instead, fails once', async () => {
    const { units, ...way } = wayOf('auto');
    await units.describe(['app'], OPTIONS);
    await lose({ units, ...way });
    for (const exitCode of [0, 1, 0]) {
      systemctlExits(exitCode);
      expect((await units.restart('app', OPTIONS)).kind).toBe(exitCode === 0 ? 'done' : 'unavailable');
    }
    expect(events.events).toMatchObject([{ way: 'systemctl' }]);
  });

  it('is not changed by one request that the bus alone refuses', async () => {
    bus.on('RestartUnit', () => ({ error: 'org.freedesktop.DBus.Error.LimitsExceeded' }));
    expect(await wayOf('auto').units.restart('app', OPTIONS)).toEqual({ kind: 'done' });
    expect(events.events).toEqual([]);
  });
});
