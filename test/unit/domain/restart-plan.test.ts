/** The strategies: which steps each of them makes of which policy and which state of the world. */
import { describe, expect, it } from 'vitest';
import type { ProcessPolicy } from '../../../src/domain/process-policy.js';
import { describeWay, needsPrograms, type RestartPlan, type Seen } from '../../../src/domain/restart-plan.js';
import type { UnitState } from '../../../src/domain/unit-state.js';
import { policyOf, unitOf, type PolicyWish } from '../../support/policy.js';
import { missing, NOW, one, plan, seen, stepsOf, two } from '../../support/restart-plans.js';

const unit = (wish: Partial<UnitState> = {}): UnitState => unitOf('app.service', wish);
const failed = (wish: Partial<UnitState> = {}): UnitState =>
  unit({ activeState: 'failed', subState: 'failed', ...wish });

describe('a unit that turns out to be a protected one by another name', () => {
  const aliased = unitOf('dbus-broker.service', { names: ['dbus-broker.service', 'app.service'] });

  it('is refused whatever the strategy, unless its section lifts that', () => {
    const refused = ['refuse: dbus-broker.service is protected; allow_protected = yes in its section lifts this'];
    expect(stepsOf(plan({}, seen(aliased)))).toEqual(refused);
    expect(stepsOf(plan({ strategy: 'custom', restartCommand: 'mend' }, seen(aliased)))).toEqual(refused);
    expect(plan({ allowProtected: true }, seen(aliased)).kind).toBe('act');
  });
});

describe('a systemd that is here but does not answer', () => {
  const silent = seen(null, [], { isUnitUnknown: true });

  it.each([{ strategy: 'auto' }, { strategy: 'service' }, { strategy: 'custom', restartCommand: 'mend' }] as const)(
    'is no ground to act on, for a moment: $strategy',
    (policy) => {
      const detail = 'systemd does not answer: whether there is such a unit is not known, so nothing is done';
      expect(plan(policy, silent)).toEqual({ kind: 'refuse', detail, isPassing: true });
    },
  );
});

describe('strategy service', () => {
  it.each<[string, UnitState | null, readonly string[]]>([
    ['restarts a unit that runs', unit(), ['restart_unit app.service']],
    ['restarts a unit that failed', failed(), ['restart_unit app.service']],
    ['starts a unit that is down', unit({ activeState: 'inactive', subState: 'dead' }), ['restart_unit app.service']],
    [
      'lifts a start limit first',
      failed({ result: 'start-limit-hit' }),
      ['reset_failed app.service', 'restart_unit app.service'],
    ],
    [
      'forgets the crashes that systemd gave up on first',
      failed({ nRestarts: 5 }),
      ['reset_failed app.service', 'restart_unit app.service'],
    ],
    [
      'leaves a unit that systemd is about to restart',
      unit({ activeState: 'activating', subState: 'auto-restart' }),
      ['leave: systemd is about to restart app.service itself'],
    ],
    [
      'leaves one that a newer systemd is about to restart',
      unit({ activeState: 'activating', subState: 'auto-restart-queued' }),
      ['leave: systemd is about to restart app.service itself'],
    ],
    [
      'leaves a unit that systemd has only just restarted',
      unit({ nRestarts: 1, activeEnterMs: NOW - 999 }),
      ['leave: systemd has only just restarted app.service itself'],
    ],
    [
      'restarts a unit that systemd restarted a while ago',
      unit({ nRestarts: 1, activeEnterMs: NOW - 1000 }),
      ['restart_unit app.service'],
    ],
    [
      'restarts a unit that a person has only just started',
      unit({ nRestarts: 0, activeEnterMs: NOW - 1 }),
      ['restart_unit app.service'],
    ],
    ['yields to a job of somebody else', unit({ hasJob: true }), ['yield: a job for app.service is under way']],
    ['refuses a masked unit', unit({ loadState: 'masked' }), ['refuse: unit app.service is masked']],
    ['refuses a unit with a bad file', unit({ loadState: 'bad-setting' }), ['refuse: unit app.service is bad-setting']],
    ['refuses a unit that is not there', missing, ['refuse: unit app.service is not-found']],
    [
      'refuses a unit that must not be started by hand',
      unit({ refusesManualStart: true }),
      ['refuse: unit app.service refuses to be started by hand'],
    ],
    ['refuses without systemd', null, ['refuse: systemd does not run here']],
  ])('%s', (_sentence, state, steps) => {
    expect(stepsOf(plan({ strategy: 'service' }, seen(state)))).toEqual(steps);
  });

  it('checks the unit by its canonical name', () => {
    const made = plan({ strategy: 'service', systemName: 'alias' }, seen(unitOf('real.service')));
    expect(made).toMatchObject({ kind: 'act', check: { kind: 'unit', unit: 'real.service' } });
    expect(stepsOf(made)).toEqual(['restart_unit real.service']);
  });

  it('waits as long as it takes to settle before it takes a unit out of systemd’s hands', () => {
    const state = unit({ nRestarts: 1, activeEnterMs: NOW - 4000 });
    expect(plan({ settleTimeMs: 5000 }, seen(state)).kind).toBe('leave');
    expect(plan({ settleTimeMs: 3000 }, seen(state)).kind).toBe('act');
  });
});

describe('strategy process', () => {
  it.each<[string, PolicyWish, Seen, readonly string[]]>([
    ['stops the program that runs and starts it again', {}, seen(null, [one]), ['stop 41', 'start app']],
    ['starts the program that does not run', {}, seen(null), ['start app']],
    [
      'starts it by its start command',
      { startCommand: '/opt/app -d --name=%s' },
      seen(null),
      ['start /opt/app -d --name=app'],
    ],
    [
      'starts it in the directory that it had',
      { startCommand: 'cd %d && ./app' },
      seen(null, [one], { workingDirectory: '/srv/app' }),
      ['stop 41', 'start cd /srv/app && ./app'],
    ],
    [
      'starts it in the configured directory otherwise',
      { startCommand: 'cd %d', workingDirectory: '/srv/x' },
      seen(null),
      ['start cd /srv/x'],
    ],
    [
      'refuses where two programs have the name',
      {},
      seen(null, [one, two]),
      ['refuse: 2 programs are named app (pids 41, 42): name one by pid_file, user or path'],
    ],
    [
      'refuses before stopping what it could not start',
      { startCommand: 'cd %d' },
      seen(null, [one]),
      ['refuse: start_command: %d: the working directory is not known, because the process does not run'],
    ],
    [
      'refuses the main program of a unit: systemd would take its end for a crash',
      {},
      seen(null, [one], { owningUnit: 'web.service' }),
      [
        'refuse: it is the main program of web.service, which systemd looks after: use restart_strategy = service and system_name = web.service',
      ],
    ],
  ])('%s', (_sentence, policy, now, steps) => {
    const made = plan({ strategy: 'process', ...policy }, now);
    expect(stepsOf(made)).toEqual(steps);
    if (made.kind === 'act') expect(made.check).toEqual({ kind: 'program' });
  });

  it('kills after the stop timeout', () => {
    const made = plan({ strategy: 'process', stopTimeoutMs: 1234 }, seen(null, [one]));
    expect(made).toMatchObject({ steps: [{ kind: 'stop', killAfterMs: 1234 }, { kind: 'start' }] });
  });
});

describe('strategy auto chooses by looking and says what it chose', () => {
  it.each<[string, PolicyWish, Seen, RestartPlan['kind'], string]>([
    ['the unit where one exists', {}, seen(unit()), 'act', 'auto: unit app.service exists; restart unit app.service'],
    [
      'the unit even where it is masked',
      {},
      seen(unit({ loadState: 'masked' })),
      'refuse',
      'auto: unit app.service exists; unit app.service is masked',
    ],
    [
      'the program where no unit exists',
      {},
      seen(missing, [one]),
      'act',
      'auto: no unit app, 1 running program(s) of that name; stop pid 41, then start',
    ],
    [
      'the start command where neither runs',
      { startCommand: '/opt/app' },
      seen(missing),
      'act',
      'auto: no unit app, 0 running program(s) of that name; app does not run: start',
    ],
    [
      'the executable where it is named by its path',
      { systemName: '/opt/app' },
      seen(missing),
      'act',
      '/opt/app does not run: start',
    ],
    [
      'nothing where nothing of that name is there',
      {},
      seen(missing),
      'refuse',
      'auto: no unit app, no running program of that name and no start_command',
    ],
  ])('%s', (...[, policy, now, kind, words]) => {
    const made = plan({ strategy: 'auto', ...policy }, now);
    expect(made.kind).toBe(kind);
    expect('how' in made ? made.how : made.detail).toContain(words);
  });
});

describe('a restart command', () => {
  it.each(['service', 'process', 'auto', 'custom'] as const)('wins over the own way of strategy %s', (strategy) => {
    const made = plan({ strategy, restartCommand: '/opt/%s restart' }, seen(unit(), [one]));
    expect(stepsOf(made)).toEqual(['command /opt/app restart']);
  });

  it.each<[string, PolicyWish, Seen, object]>([
    [
      'the unit of that name where there is one',
      { strategy: 'custom' },
      seen(unit()),
      { kind: 'unit', unit: 'app.service' },
    ],
    ['nothing of its own where there is none', { strategy: 'custom' }, seen(missing), { kind: 'none' }],
    ['nothing of its own without systemd', { strategy: 'custom' }, seen(null), { kind: 'none' }],
    ['the program under strategy process', { strategy: 'process' }, seen(unit()), { kind: 'program' }],
  ])('is followed by a look at %s', (_what, policy, now, check) => {
    expect(plan({ restartCommand: 'x', ...policy }, now)).toMatchObject({ kind: 'act', check });
  });

  it('is needed by strategy custom', () => {
    const made = plan({ strategy: 'custom' }, seen(unit()));
    expect(made).toEqual({ kind: 'refuse', detail: 'strategy custom needs a restart_command' });
  });

  it('is refused where its working directory is not known', () => {
    expect(plan({ restartCommand: 'cd %d' }, seen(unit())).kind).toBe('refuse');
  });
});

it.each<[string, ProcessPolicy['strategy'], UnitState | null, boolean]>([
  ['for strategy process', 'process', unit(), true],
  ['not for strategy service', 'service', unit(), false],
  ['not for strategy custom', 'custom', missing, false],
  ['not for strategy auto with a unit', 'auto', unit(), false],
  ['for strategy auto without one', 'auto', missing, true],
  ['for strategy auto without systemd', 'auto', null, true],
])('the whole table of programs is read %s', (...[, strategy, state, isNeeded]) => {
  expect(needsPrograms(policyOf({ strategy }), state)).toBe(isNeeded);
});

it.each<[PolicyWish, UnitState | null, string]>([
  [{ restartCommand: 'x y' }, null, 'run restart_command: x y'],
  [{ strategy: 'service' }, null, 'restart unit app by systemd'],
  [{ strategy: 'auto' }, unit(), 'restart unit app.service by systemd'],
  [{ strategy: 'auto' }, missing, 'restart the program app; refused where it does not run'],
  [{ strategy: 'process' }, missing, 'stop the running program app, if any, and start: app'],
  [
    { strategy: 'process', startCommand: '/opt/app -d' },
    null,
    'stop the running program app, if any, and start: /opt/app -d',
  ],
])('a dry run says of %j what would be done', (policy, state, words) => {
  expect(describeWay(policyOf(policy), state)).toBe(words);
});
