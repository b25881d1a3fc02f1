/** A breaker whose open time ends while a look is under way: the same happens, and is told, as at any other moment. */
import { describe, expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';
import { slowDown } from '../support/slow-port.js';

const DIES = { initially: { kind: 'failed' }, restarts: [{ life: { kind: 'failed' } }] } as const;

describe('an open breaker whose time is over', () => {
  it.each([30_000, 30_200, 30_400, 30_600, 30_800])(
    'is half-open before its trial and open again after it, with %i ms and looks that take most of the time',
    async (openMs) => {
      const breaker = { maxFailures: 1, resetAfterMs: openMs, resetMultiplier: 1, maxOpenMs: openMs };
      const bench = benchOf({
        policies: { app: { maxAttempts: 1, settleTimeMs: 0, healthCheckTimeoutMs: 50, breaker } },
        units: { 'app.service': DIES },
      });
      slowDown(bench.store.source, 'alarmed', { clock: bench.clock, askMs: 800 });
      bench.add(1, 'app');
      await bench.start();
      await bench.advance(200_000);
      const told = bench.told('breaker.changed').map(({ to, by }) => `${to.kind} by ${by}`);
      expect(bench.units.restarted.length).toBeGreaterThan(4);
      expect(told).toEqual(bench.units.restarted.flatMap(() => ['half_open by time', 'open by result']).slice(1));
      const story = bench.events.events.flatMap((event) => {
        if (event.type === 'breaker.changed') return [event.to.kind];
        return event.type === 'restart.started' ? [event.isTrial ? 'trial' : 'restart'] : [];
      });
      const trials = bench.units.restarted.slice(1).flatMap(() => ['half_open', 'trial', 'open']);
      expect(story).toEqual(['restart', 'open', ...trials]);
    },
  );
});
