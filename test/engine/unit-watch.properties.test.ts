/** `watch_units` in random lives: a crash is always made good, an operator's stop never, and no failure is told twice. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MonitorBench, outage } from '../support/monitor-bench.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../support/property-runs.js';
import { alarms, WATCHED } from '../support/unit-watch-bench.js';

const EVENTS = ['crash', 'crash', 'stop', 'start', 'end', 'away', 'back', 'deaf', 'hears', 'gap'] as const;
type Event = (typeof EVENTS)[number];

const step = fc.record({
  what: fc.constantFrom(...EVENTS),
  afterMs: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20_000 })),
});
/** What a stop makes of the program: a failure that is seen by the order of things, or by having been watched. */
const badEnd = fc.constantFrom({ kind: 'failed' as const, status: 143, wasAskedToEnd: true as const }, undefined);

/** Whatever fails again and again is mended again and again. */
const NEVER = { maxFailures: 1e6, resetAfterMs: 1, resetMultiplier: 1, maxOpenMs: 1 };

class Life {
  readonly bench: MonitorBench;
  /** Whether the unit is down by somebody's wish. */
  isStopped = false;

  constructor(stopped: { readonly kind: 'failed'; readonly status: number } | undefined) {
    this.bench = new MonitorBench({
      policies: { app: { ...WATCHED, stableTimeMs: 5000, breaker: NEVER, budget: { restarts: 0, windowMs: 1 } } },
      units: { 'app.service': { initially: { kind: 'runs' }, ...(stopped === undefined ? {} : { stopped }) } },
      options: { checkIntervalMs: 2000 },
    });
    this.bench.add(1, 'app', { alarma: 0 });
  }

  async happens(what: Event): Promise<void> {
    const { units, store } = this.bench;
    const { activeState, hasJob } = await this.bench.stateOf('app.service');
    switch (what) {
      case 'crash':
        if (activeState === 'active' && !hasJob) units.happens('app.service', { kind: 'failed', status: 9 });
        return;
      case 'stop':
        // Who stops what is in alarm or being handled says so in the table first.
        if (activeState !== 'active' || hasJob || alarms(this.bench)[0] === 1) return;
        this.isStopped = true;
        units.operatorStops('app.service', 300);
        return;
      case 'start':
      case 'end':
        if (hasJob || alarms(this.bench)[0] === 1 || (activeState === 'failed' && !this.isStopped)) return;
        this.isStopped = what === 'end';
        units.happens('app.service', { kind: what === 'end' ? 'dead' : 'runs' });
        return;
      case 'away':
      case 'back':
        store.setOutage(what === 'away' ? outage() : null);
        return;
      case 'deaf':
      case 'hears':
        units.tells = what === 'hears';
        if (what === 'hears') units.reconnect();
        return;
      case 'gap':
        units.reconnect();
    }
  }
}

it(
  'a crash is made good, a stop is left alone, and one failure is raised once',
  async () => {
    await fc.assert(
      fc.asyncProperty(badEnd, fc.array(step, { maxLength: 30 }), async (stopped, steps) => {
        const life = new Life(stopped);
        const { bench } = life;
        await bench.start();
        for (const { what, afterMs } of steps) {
          await life.happens(what);
          await bench.advance(afterMs);
        }
        await life.happens('back');
        await life.happens('hears');
        await bench.advance(60_000);
        const { activeState } = await bench.stateOf('app.service');
        expect(activeState === 'active').toBe(!life.isStopped);
        expect(alarms(bench)).toEqual([0]);
        const told = bench.told('alarm.raised_by_watch').map(({ detail }) => detail);
        expect(told.filter((detail) => detail.includes('143'))).toEqual([]);
        const restarts = bench.units.carriedOut.length;
        expect(told.length).toBeLessThanOrEqual(restarts);
        await bench.close();
      }),
      runs(40),
    );
  },
  PROPERTY_TIMEOUT_MS,
);
