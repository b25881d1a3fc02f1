/** What a monitor keeps and asks: nothing while nothing is in alarm, and nothing more after many handlings than before them. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';
import type { PolicyWish } from '../support/policy.js';

const CYCLES = 200;
const ROUNDS = 15;
const NAMES = ['unit', 'program', 'custom', 'checked', 'dead'] as const;

const QUICK: PolicyWish = { settleTimeMs: 0, stableTimeMs: 2000, budget: { restarts: 0, windowMs: 3600_000 } };
const POLICIES: Readonly<Record<string, PolicyWish>> = {
  unit: QUICK,
  program: { ...QUICK, strategy: 'process', startCommand: '/opt/program' },
  custom: { ...QUICK, strategy: 'custom', restartCommand: 'mend it' },
  checked: { ...QUICK, healthChecks: [{ kind: 'tcp', host: 'localhost', port: 1 }] },
  dead: {
    ...QUICK,
    maxAttempts: 1,
    healthCheckTimeoutMs: 1000,
    breaker: { maxFailures: 1e6, resetAfterMs: 1, resetMultiplier: 1, maxOpenMs: 1 },
  },
};

function benchOfAll(): MonitorBench {
  const units = {
    'unit.service': {},
    'checked.service': {},
    'dead.service': { restarts: [{ life: { kind: 'dead' } }] },
  } as const;
  const bench = benchOf({ policies: POLICIES, units });
  bench.runner.on('mend it');
  bench.table.add({ argv: ['/opt/program'] });
  for (const [index, name] of NAMES.entries()) bench.add(index + 1, name, { alarma: 0 });
  return bench;
}

/** Of each signal: its listeners, and what signals made of it hold on to. */
function hangingOn(signals: readonly AbortSignal[]): readonly number[] {
  return signals.map((signal) => getEventListeners(signal, 'abort').length + keptWithin(signal));
}

/** Node keeps them in sets on the signal itself, which nothing public tells of. */
function keptWithin(signal: AbortSignal): number {
  let kept = 0;
  for (const symbol of Object.getOwnPropertySymbols(signal)) {
    const value: unknown = Reflect.get(signal, symbol);
    if (typeof value === 'object' && value !== null && 'size' in value) kept += Number(value.size);
  }
  return kept;
}

it('what a signal holds on to is seen', () => {
  const { signal } = new AbortController();
  const [before = NaN] = hangingOn([signal]);
  signal.addEventListener('abort', () => undefined);
  for (let turn = 0; turn < 3; turn += 1) {
    // Newer Nodes tie it to its sources only once somebody listens.
    AbortSignal.any([signal, new AbortController().signal]).addEventListener('abort', () => undefined);
  }
  const [after = NaN] = hangingOn([signal]);
  expect(after - before).toBeGreaterThanOrEqual(1 + 3);
});

describe('while nothing is in alarm', () => {
  it('each cycle is one question to the database, and nothing else is asked, saved or told', async () => {
    const bench = benchOfAll();
    await bench.start();
    const { length } = bench.store.calls;
    await bench.advance(CYCLES * 1000);
    expect(bench.store.calls.slice(length)).toEqual(Array.from({ length: CYCLES }, () => 'alarmed'));
    expect([bench.units.calls.length, bench.table.scans, bench.runner.calls.length, bench.stateStore.saves]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(new Set(bench.events.events.map(({ type }) => type))).toEqual(new Set(['cycle.completed']));
  });

  it('nothing gathers on the signals that last as long as the monitor', async () => {
    const bench = benchOfAll();
    await bench.start();
    await bench.advance(5000);
    const before = hangingOn(bench.stopSignals);
    await bench.advance(CYCLES * 1000);
    expect(hangingOn(bench.stopSignals)).toEqual(before);
  });
});

describe('after many handlings', () => {
  it('of every strategy, good and bad, no more is kept than before them', async () => {
    const bench = benchOfAll();
    await bench.start();
    await bench.advance(5000);
    const before = hangingOn(bench.stopSignals);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const row of bench.store.statuses) row.alarma = 1;
      await bench.advance(8000);
      for (const row of bench.store.statuses) row.alarma = 0;
      await bench.advance(4000);
    }
    expect(bench.told('restart.ended').length).toBeGreaterThanOrEqual(ROUNDS * NAMES.length);
    expect(new Set(bench.outcomes('dead'))).toEqual(new Set(['still_unhealthy']));
    expect(hangingOn(bench.stopSignals)).toEqual(before);
    expect(bench.monitor.inFlight).toBe(0);
    for (const [, memory] of bench.monitor.ledger.entries()) {
      expect(memory).toMatchObject({ inFlight: null, owed: null, watch: null, handledMs: null });
      // Without a limit as many are kept as it takes to tell how often it was.
      expect(memory.restarts.length).toBeLessThanOrEqual(100);
    }
  });
});
