/** What holds whatever happens: random units, random misfortune, kills and outages. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FakeUnit } from '../support/fake-unit-manager.js';
import { MonitorBench, outage } from '../support/monitor-bench.js';

const restarts = fc.constantFrom<NonNullable<FakeUnit['restarts']>[number]>(
  {},
  { takesMs: 3000 },
  { takesMs: 90_000 },
  { life: { kind: 'failed' } },
  { life: { kind: 'exits', afterMs: 700, status: 3 } },
  { life: { kind: 'exits', afterMs: 15_000, status: 1 } },
  { life: { kind: 'crash_loops', upMs: 400, downMs: 1500 } },
  { answer: { kind: 'not_permitted', detail: 'polkit' } },
  { answer: { kind: 'conflict', detail: 'a job' } },
);
const units = fc.array(fc.array(restarts, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });

type Happening =
  | { readonly kind: 'pass' | 'alarm' | 'clear' | 'acknowledge' | 'fail' | 'stop'; readonly which: number }
  | { readonly kind: 'outage' | 'back' | 'kill' | 'jump' };
const which = fc.nat(5);
const happenings = fc.array(
  fc.tuple(
    fc.integer({ min: 50, max: 20_000 }),
    fc.oneof(
      fc.record({
        kind: fc.constantFrom(
          'pass' as const,
          'alarm' as const,
          'clear' as const,
          'acknowledge' as const,
          'fail' as const,
          'stop' as const,
        ),
        which,
      }),
      fc.record({ kind: fc.constantFrom('outage' as const, 'back' as const, 'kill' as const, 'jump' as const) }),
    ),
  ),
  { maxLength: 25 },
);

async function happen(bench: MonitorBench, event: Happening): Promise<void> {
  const row = 'which' in event ? bench.store.statuses[event.which % bench.store.statuses.length] : undefined;
  const unit = `unit${(row?.id ?? 1) - 1}.service`;
  switch (event.kind) {
    case 'pass':
      return;
    case 'alarm':
      Object.assign(row ?? {}, { alarma: 1, sound: 0 });
      return;
    case 'clear':
      Object.assign(row ?? {}, { alarma: 0 });
      return;
    case 'acknowledge':
      Object.assign(row ?? {}, { sound: 1 });
      return;
    case 'fail':
      bench.units.happens(unit, { kind: 'failed' });
      return;
    case 'stop':
      bench.units.operatorStops(unit, 2000);
      return;
    case 'outage':
      bench.store.setOutage(outage());
      return;
    case 'back':
      bench.store.setOutage(null);
      return;
    case 'kill':
      return bench.restartAfterKill(1000);
    case 'jump':
      bench.clock.setWallClock(bench.clock.nowMs() + 3600_000);
  }
}

/** Reads the whole story for what must never be in it. */
function expectOrder(bench: MonitorBench, limit: number): void {
  const open = new Map<string, string>();
  bench.events.events.forEach((event, position) => {
    if (bench.deaths.includes(position)) open.clear();
    if (event.type === 'restart.started' || (event.type === 'handling.resumed' && event.finding === 'looking')) {
      expect([...open.values()]).not.toContain(event.processName);
      open.set(event.alarmId, event.processName);
    }
    if (event.type === 'handling.resumed' && event.finding === 'not_begun') open.delete(event.alarmId);
    if (event.type === 'restart.ended') expect(open.delete(event.alarmId)).toBe(true);
    expect(open.size).toBeLessThanOrEqual(limit);
  });
  // Death in the last moment leaves nothing to be told, and what is only looked at is left to the next monitor.
  const looking = new Set(bench.told('handling.resumed').map(({ alarmId }) => alarmId));
  const unfinished = [...open].filter(([alarmId]) => !looking.has(alarmId));
  if (!bench.deaths.includes(bench.events.events.length)) expect(unfinished).toEqual([]);
}

describe('whatever happens', () => {
  it('each handling has one end, no process is handled twice at once, no limit is broken, and nothing is left waiting', async () => {
    await fc.assert(
      fc.asyncProperty(units, happenings, async (lives, events) => {
        const limit = 3;
        const names = lives.map((_, index) => `unit${index}`);
        const bench = new MonitorBench({
          policies: Object.fromEntries(names.map((name) => [name, { stableTimeMs: 10_000, commandTimeoutMs: 20_000 }])),
          units: Object.fromEntries(
            lives.map((each, index) => [`unit${index}.service`, { initially: { kind: 'failed' }, restarts: each }]),
          ),
          options: { maxParallelRestarts: limit },
        });
        names.forEach((name, index) => bench.add(index + 1, name));
        await bench.start();
        for (const [afterMs, event] of events) {
          await bench.advance(afterMs);
          await happen(bench, event);
        }
        bench.store.setOutage(null);
        await bench.stop();
        expectOrder(bench, limit);
        // What a dead monitor waited for stays behind in the clock.
        if (bench.deaths.length === 0) expect(bench.clock.pendingSleeps).toBe(0);
        await bench.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('once the world is mended, every alarm is handled and cleared, and nothing is owed', async () => {
    await fc.assert(
      fc.asyncProperty(units, happenings, async (lives, events) => {
        const names = lives.map((_, index) => `unit${index}`);
        const breaker = { maxFailures: 2, resetAfterMs: 60_000, resetMultiplier: 2, maxOpenMs: 600_000 };
        const bench = new MonitorBench({
          policies: Object.fromEntries(names.map((name) => [name, { stableTimeMs: 10_000, breaker }])),
          units: Object.fromEntries(
            lives.map((each, index) => [`unit${index}.service`, { initially: { kind: 'failed' }, restarts: each }]),
          ),
          options: { maxParallelRestarts: 2, checkIntervalMs: 10_000 },
        });
        names.forEach((name, index) => bench.add(index + 1, name));
        await bench.start();
        for (const [afterMs, event] of events) {
          await happen(bench, event);
          await bench.advance(afterMs);
        }
        bench.store.setOutage(null);
        for (const name of names) bench.units.add(`${name}.service`, { initially: { kind: 'failed' } });
        for (const row of bench.store.statuses) Object.assign(row, { alarma: 1, sound: 0 });
        await bench.advance(2 * 3600_000);
        expect(bench.store.statuses.map(({ alarma }) => alarma)).toEqual(names.map(() => 0));
        for (const name of names) expect((await bench.stateOf(`${name}.service`)).activeState).toBe('active');
        expect(
          bench.monitor.ledger.entries().filter(([, { owed, inFlight }]) => owed !== null || inFlight !== null),
        ).toEqual([]);
        await bench.close();
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it('no unit is restarted more often than its budget allows, kills or not', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (events) => {
        const budget = { restarts: 3, windowMs: 3600_000 };
        const bench = new MonitorBench({
          policies: { unit0: { budget, stableTimeMs: 0 } },
          units: { 'unit0.service': { initially: { kind: 'failed' } } },
        });
        const row = bench.add(1, 'unit0');
        await bench.start();
        for (const [afterMs, event] of events) {
          // A clock that is set ahead makes the past restarts old ones.
          await happen(bench, event.kind === 'jump' ? { kind: 'back' } : event);
          await bench.advance(afterMs);
          row.alarma = 1;
        }
        await bench.stop();
        expect(bench.units.restarted.length).toBeLessThanOrEqual(3);
        await bench.close();
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
