/** Somebody else's hand on a row in the last instant before its process is restarted. */
import { describe, expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';

const DEAD = { initially: { kind: 'failed' } } as const;

describe('an operator right before a restart', () => {
  it.each([
    ['clears it', { alarma: 0 }],
    ['acknowledges it', { sound: 1 }],
  ])('%s in the instant in which it is claimed: nothing is run', async (_what, change) => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': DEAD } });
    const row = bench.add(1, 'app');
    bench.store.onCall = (call) => {
      if (call === 'claim') Object.assign(row, change);
    };
    await bench.start();
    await bench.advance(5000);
    expect(bench.units.restarted).toEqual([]);
    expect(bench.outcomes()).toEqual(['no_longer_ours']);
    expect(row).toMatchObject({ ...change, notes: null });
  });

  it.each([{ writes: 'off' }, { claims: 'off' }] as const)(
    'acknowledges it right before the restart, where nothing is claimed (%o): nothing is run',
    async (store) => {
      const bench = benchOf({ policies: { app: {} }, units: { 'app.service': DEAD }, store });
      const row = bench.add(1, 'app');
      bench.store.onCall = (call) => {
        if (call === 'stillAlarmed') row.sound = 1;
      };
      await bench.start();
      await bench.advance(5000);
      expect([bench.units.restarted, bench.outcomes()]).toEqual([[], ['no_longer_ours']]);
    },
  );

  it('acknowledges one of two alarms of a unit in the instant in which they are claimed: the other goes on', async () => {
    const policies = { app: {}, alias: { systemName: 'app' } };
    const bench = benchOf({ policies, units: { 'app.service': DEAD } });
    const rows = [bench.add(1, 'app'), bench.add(2, 'alias')];
    bench.store.onCall = (call) => {
      if (call === 'claim') Object.assign(rows[0] ?? {}, { sound: 1 });
    };
    await bench.start();
    await bench.advance(5000);
    expect([bench.units.restarted, bench.outcomes()]).toEqual([['app.service'], ['recovered']]);
    expect(rows.map(({ alarma }) => alarma)).toEqual([1, 0]);
  });
});
