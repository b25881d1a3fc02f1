/** Handlings to be cut off at every point, each with what the world must look like in the end. */
import type { CrashWorld } from './crash-world.js';
import type { BenchSetup } from './monitor-bench.js';
import { outage } from './monitor-bench.js';
import type { PolicyWish } from './policy.js';

export interface Happening {
  readonly atMs: number;
  readonly what: (world: CrashWorld) => void | Promise<void>;
}

export interface CrashScenario {
  readonly name: string;
  readonly setup: BenchSetup;
  /** Rows, programs and scripts, before the first monitor. */
  readonly prepare: (world: CrashWorld) => void;
  /** What goes on beside the monitor, by the time since the beginning, milliseconds. */
  readonly happenings?: readonly Happening[];
  /** How many restarts the alarms justify, however often the monitor dies. */
  readonly restarts: number;
  /** A cut-off command may have to be run again: nothing tells what it has done. */
  readonly repeats?: 'command';
  /** More than the justified number, where what happens beside the monitor may fall into a time when nobody looks. */
  readonly atLeast?: number;
  readonly isWell: (world: CrashWorld) => boolean | Promise<boolean>;
  /** Rows that stay in alarm: a person looks after them. */
  readonly acknowledged?: readonly number[];
  /** Nothing tells a new boot how to start it: it is held, with a reason. */
  readonly isHeldAfterReboot?: true;
  /** Time that all of it may take without any death, milliseconds. */
  readonly horizonMs?: number;
  /** Failures that the breaker has counted in the end. */
  readonly failures?: number;
}

/** Short times, so that every wait ends within the horizon. */
const QUICK: PolicyWish = {
  commandTimeoutMs: 6000,
  stopTimeoutMs: 1500,
  settleTimeMs: 600,
  healthCheckTimeoutMs: 1000,
  healthCheckIntervalMs: 500,
  restartDelayMs: 500,
  stableTimeMs: 4000,
  budget: { restarts: 50, windowMs: 3600_000 },
  breaker: { maxFailures: 20, resetAfterMs: 5000, resetMultiplier: 1, maxOpenMs: 5000 },
};
const UNIT = 'app.service';
const FAILED = { kind: 'failed' } as const;

const unitRuns = async ({ bench }: CrashWorld): Promise<boolean> =>
  (await bench.stateOf(UNIT)).activeState === 'active';

/** Exactly one program of that name. */
const oneRuns =
  (program: string) =>
  async ({ bench }: CrashWorld): Promise<boolean> =>
    (await bench.table.list()).filter(({ argv }) => argv[0] === program).length === 1;

function service(
  name: string,
  wish: PolicyWish,
  unit: NonNullable<BenchSetup['units']>[string],
  more: Partial<CrashScenario> = {},
): CrashScenario {
  return {
    name,
    setup: {
      policies: { app: { ...QUICK, ...wish } },
      units: { [UNIT]: { initially: FAILED, ...unit } },
      options: { checkIntervalMs: 1500 },
    },
    prepare: ({ bench }) => void bench.add(1, 'app'),
    restarts: 1,
    isWell: unitRuns,
    ...more,
  };
}

function program(
  name: string,
  wish: PolicyWish,
  prepare: CrashScenario['prepare'],
  more: Partial<CrashScenario> = {},
): CrashScenario {
  return {
    name,
    setup: { policies: { app: { ...QUICK, systemName: '/opt/app', ...wish } }, options: { checkIntervalMs: 1500 } },
    prepare: (world) => {
      world.bench.add(1, 'app');
      prepare(world);
    },
    restarts: 1,
    isWell: oneRuns('/opt/app'),
    ...more,
  };
}

const PROCESS: PolicyWish = { strategy: 'process', startCommand: '/opt/app' };
const runsAlready =
  (diesOfTermAfterMs: number) =>
  ({ bench }: CrashWorld): void =>
    void bench.table.add({ argv: ['/opt/app'], diesOfTermAfterMs });

export const CRASH_SCENARIOS: readonly CrashScenario[] = [
  service('a unit', {}, {}),
  service(
    'a unit that runs, whose restart takes its time',
    {},
    { initially: { kind: 'runs' }, restarts: [{ takesMs: 2500 }] },
  ),
  service('two attempts', {}, { restarts: [{ life: FAILED }, {}] }, { restarts: 2 }),
  service(
    'a unit that fails three times',
    { maxAttempts: 1 },
    { restarts: [{ life: FAILED }, { life: FAILED }, { life: FAILED }, {}] },
    { restarts: 4, horizonMs: 60_000 },
  ),
  service(
    'failures that are counted',
    { maxAttempts: 1, budget: { restarts: 3, windowMs: 3600_000 } },
    { restarts: [{ life: FAILED }] },
    { restarts: 3, failures: 3, isWell: () => true, acknowledged: [1], horizonMs: 60_000 },
  ),
  service(
    'a breaker that opens, and its trial',
    { maxAttempts: 1, breaker: { maxFailures: 2, resetAfterMs: 5000, resetMultiplier: 1, maxOpenMs: 5000 } },
    { restarts: [{ life: FAILED }, { life: FAILED }, {}] },
    { restarts: 3, horizonMs: 60_000 },
  ),
  service('a unit that has used up its starts', {}, { initially: { kind: 'failed', result: 'start-limit-hit' } }),
  service(
    'a preparation',
    { preRestartCommand: 'prepare' },
    {},
    {
      prepare: ({ bench }) => {
        bench.runner.on('prepare', { afterMs: 1200 });
        bench.add(1, 'app');
      },
    },
  ),
  service(
    'a unit that does its work and ends',
    {},
    { properties: { type: 'oneshot' }, restarts: [{ takesMs: 800, life: { kind: 'dead' } }] },
    { isWell: () => true, repeats: 'command' },
  ),
  service(
    'a write-back that is owed',
    {},
    {},
    {
      prepare: ({ bench }) => {
        bench.add(1, 'app');
        for (let times = 0; times < 3; times += 1) bench.store.failNext(outage(), 'clear');
      },
    },
  ),
  service(
    'a relapse',
    {},
    { restarts: [{ life: { kind: 'exits', afterMs: 3000, status: 3 } }, {}] },
    { restarts: 2, horizonMs: 60_000 },
  ),
  service(
    'two ids of one unit',
    {},
    { aliases: ['other.service'] },
    {
      setup: {
        policies: { app: QUICK, other: QUICK },
        units: { [UNIT]: { aliases: ['other.service'], initially: FAILED } },
        options: { checkIntervalMs: 1500 },
      },
      prepare: ({ bench }) => {
        bench.add(1, 'app');
        bench.add(2, 'other');
      },
    },
  ),
  service(
    'an alarm that comes again',
    {},
    {},
    {
      happenings: [
        {
          atMs: 25_000,
          what: ({ bench }) => {
            bench.units.happens(UNIT, FAILED);
            for (const row of bench.store.statuses) row.alarma = 1;
          },
        },
      ],
      restarts: 2,
      horizonMs: 60_000,
    },
  ),
  service(
    'no right to write',
    {},
    {},
    {
      setup: {
        policies: { app: QUICK },
        units: { [UNIT]: { initially: FAILED } },
        options: { checkIntervalMs: 1500 },
        store: { writes: 'off' },
      },
      acknowledged: [1],
    },
  ),
  service(
    'a person’s wish',
    {},
    { initially: { kind: 'runs' }, restarts: [{ takesMs: 800 }] },
    {
      prepare: ({ bench }) => void bench.add(1, 'app', { alarma: 0 }),
      happenings: [
        {
          atMs: 500,
          what: ({ bench }) => {
            const policy = bench.policyOf('app');
            for (const row of bench.store.statuses) row.alarma = 1;
            if (policy !== null) void bench.monitor.restartNow(policy);
          },
        },
      ],
    },
  ),
  program('a program that does not run', PROCESS, () => undefined),
  program('a program that runs', PROCESS, runsAlready(700)),
  program('a program that ignores TERM', PROCESS, runsAlready(60_000)),
  program(
    'a program that starts slowly and dies at first',
    PROCESS,
    (world) => {
      runsAlready(100)(world);
      world.bench.starter.on(':opt:app', { afterMs: 100, program: { livesMs: 300 } }, { afterMs: 100 });
    },
    { restarts: 2 },
  ),
  program(
    'a program without a command of its own',
    { strategy: 'auto', systemName: 'app' },
    ({ bench }) => void bench.table.add({ argv: ['app'], diesOfTermAfterMs: 400 }),
    { isWell: oneRuns('app'), isHeldAfterReboot: true },
  ),
  program('a program whose alarm is acknowledged meanwhile', PROCESS, runsAlready(700), {
    happenings: [{ atMs: 400, what: ({ bench }) => bench.store.statuses.forEach((row) => (row.sound = 1)) }],
    acknowledged: [1],
    atLeast: 0,
  }),
  program('a person’s wish for a program', PROCESS, runsAlready(700), {
    prepare: (world) => {
      world.bench.add(1, 'app', { alarma: 0 });
      runsAlready(700)(world);
    },
    happenings: [
      {
        atMs: 500,
        what: ({ bench }) => {
          const policy = bench.policyOf('app');
          for (const row of bench.store.statuses) row.alarma = 1;
          if (policy !== null) void bench.monitor.restartNow(policy);
        },
      },
    ],
    atLeast: 0,
  }),
  service(
    'a command that restarts a unit',
    { strategy: 'custom', restartCommand: 'mend it' },
    {},
    {
      prepare: ({ bench }) => {
        bench.runner.on('mend it', { afterMs: 900, effect: () => bench.units.happens(UNIT, { kind: 'runs' }) });
        bench.add(1, 'app');
      },
      repeats: 'command',
    },
  ),
  program(
    'a command that leaves no mark',
    { strategy: 'custom', restartCommand: 'mend it', systemName: 'nothing' },
    ({ bench }) => void bench.runner.on('mend it', { afterMs: 900 }),
    {
      repeats: 'command',
      isWell: ({ finished }) => finished.length > 0,
    },
  ),
];
