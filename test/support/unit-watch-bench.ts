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
