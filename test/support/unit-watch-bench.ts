/** A bench with one process whose unit is watched, for failures without an alarm. */
import type { FakeUnit } from './fake-unit-manager.js';
import { benchOf, type BenchSetup, type MonitorBench } from './monitor-bench.js';
import type { PolicyWish } from './policy.js';

export const RUNS = { initially: { kind: 'runs' } } as const;
export const WATCHED: PolicyWish = { watchesUnit: true };
/** So long that nothing but a nudge has anything looked at. */
export const LOOKS_ONCE = { checkIntervalMs: 1e7 };
/** What is told of many is gathered. */
export const GATHERED_MS = 50;

export interface Wish {
  readonly policy?: PolicyWish;
  readonly unit?: FakeUnit;
  readonly setup?: Partial<BenchSetup>;
  readonly status?: Parameters<MonitorBench['add']>[2];
}

export async function watching({
  policy = {},
  unit = RUNS,
  setup = {},
  status = {},
}: Wish = {}): Promise<MonitorBench> {
  const bench = benchOf({
    policies: { app: { ...WATCHED, ...policy } },
    units: { 'app.service': unit },
    ...setup,
    options: { ...LOOKS_ONCE, ...setup.options },
  });
  bench.add(1, 'app', { alarma: 0, ...status });
  await bench.start();
  await bench.advance(1000);
  return bench;
}

export function crash(bench: MonitorBench, unit = 'app.service'): Promise<void> {
  bench.units.happens(unit, { kind: 'failed', status: 9 });
  return bench.advance(0);
}

export const alarms = ({ store }: MonitorBench): readonly unknown[] => store.statuses.map(({ alarma }) => alarma);
export const raised = (bench: MonitorBench): number => bench.told('alarm.raised_by_watch').length;

interface Slowness {
  /** Before the work is done. */
  readonly beforeMs?: number;
  /** Between the work and its answer. */
  readonly afterMs?: number;
}

/** The same, only later. */
export function slowly<Given extends unknown[], Answer>(
  { clock }: MonitorBench,
  call: (...given: Given) => Promise<Answer>,
  { beforeMs = 0, afterMs = 0 }: Slowness,
): (...given: Given) => Promise<Answer> {
  const { signal } = new AbortController();
  return async (...given) => {
    await clock.sleep(beforeMs, signal);
    const answer = await call(...given);
    await clock.sleep(afterMs, signal);
    return answer;
  };
}

/** What a look asks: of systemd, and of the database. */
export const questions = ({ units, store }: MonitorBench): readonly [number, number] => [
  units.calls.filter(({ kind }) => kind === 'describe').length,
  store.calls.filter((call) => call === 'rowsNamed').length,
];
