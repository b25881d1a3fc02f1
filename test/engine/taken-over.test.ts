/** Rows that may have been another monitor's: whoever has them anew looks once before it acts, and says that it has them. */
import { describe, expect, it } from 'vitest';
import { MemoryLease } from '../support/memory-lease.js';
import { benchOf, type BenchSetup } from '../support/monitor-bench.js';
import { slowDown } from '../support/slow-port.js';

const INTERVAL_MS = 30_000;
const FAILED = { initially: { kind: 'failed' } } as const;
const UNSURE = { kind: 'unsure', detail: 'no sign of life' } as const;

function contending(options: BenchSetup['options'] = {}) {
  const lease = new MemoryLease();
  const owner = lease.join('we');
  const setup = { policies: { app: {} }, units: { 'app.service': FAILED } };
  const bench = benchOf({ ...setup, owner, options: { checkIntervalMs: INTERVAL_MS, ...options } });
  return { bench, lease, owner };
}

describe('the owner of the rows', () => {
  it('from the start acts at its first look, and is not worth a line', async () => {
    const { bench } = contending();
    bench.add(1, 'app');
    await bench.start();
    expect(bench.units.restarted).toEqual(['app.service']);
    expect(bench.told('ownership.changed')).toEqual([]);
  });

  it('who lost them and won them back between two looks says so, and looks for a whole interval before it acts', async () => {
    const { bench, lease } = contending();
    await bench.start();
    await bench.advance(5000);
    lease.usurp();
    bench.add(1, 'app');
    await bench.advance(INTERVAL_MS - 5000);
    expect(bench.told('ownership.changed')).toMatchObject([
      { state: 'owner', detail: expect.stringContaining('another one may have had the rows') as string },
    ]);
    expect(bench.reasons('app')).toEqual(['just_sighted']);
    await bench.advance(INTERVAL_MS - 1);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(1);
    expect(bench.units.restarted).toEqual(['app.service']);
    expect(bench.told('ownership.changed')).toHaveLength(1);
  });

  it('says so each time', async () => {
    const { bench, lease } = contending();
    await bench.start();
    for (let time = 0; time < 3; time += 1) {
      lease.usurp();
      await bench.advance(2 * INTERVAL_MS);
    }
    expect(bench.told('ownership.changed')).toHaveLength(3);
  });

  it('whose sign of life was only late between two looks acts as ever', async () => {
    const { bench, owner } = contending();
    await bench.start();
    const before = owner.state();
    await bench.advance(5000);
    owner.become(UNSURE);
    await bench.advance(5000);
    owner.become(before);
    bench.add(1, 'app');
    await bench.advance(INTERVAL_MS - 10_000);
    expect(bench.units.restarted).toEqual(['app.service']);
    expect(bench.told('ownership.changed')).toEqual([]);
  });

  it('whose sign of life was late at a look acts as soon as it is through', async () => {
    const { bench, owner } = contending();
    const before = owner.state();
    await bench.start();
    owner.become(UNSURE);
    bench.add(1, 'app');
    await bench.advance(INTERVAL_MS);
    expect(bench.reasons('app')).toEqual(['just_sighted']);
    owner.become(before);
    await bench.advance(0);
    expect(bench.units.restarted).toEqual(['app.service']);
    expect(bench.told('ownership.changed').map(({ state }) => state)).toEqual(['unsure', 'owner']);
  });

  it('whose sign of life was late at a look with a mass alarm holds it for a whole interval all the same', async () => {
    const { bench, owner } = contending({ brakeLimits: { percent: 50, min: 1 } });
    const before = owner.state();
    await bench.start();
    owner.become(UNSURE);
    bench.add(1, 'app');
    await bench.advance(INTERVAL_MS);
    expect(bench.told('brake.applied')).toHaveLength(1);
    owner.become(before);
    await bench.advance(INTERVAL_MS - 1);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(1);
    expect(bench.units.restarted).toEqual(['app.service']);
  });
});

describe('a handling that began before the rows were lost and won back', () => {
  const WEB = { ...FAILED, restarts: [{ takesMs: 8000 }] } as const;

  it('makes no further attempt: the row is looked at first', async () => {
    const lease = new MemoryLease();
    const dies = { ...FAILED, restarts: [{ life: { kind: 'failed' } }] } as const;
    const setup = { policies: { app: { restartDelayMs: 5000 } }, units: { 'app.service': dies } };
    const bench = benchOf({ ...setup, owner: lease.join('we'), options: { checkIntervalMs: INTERVAL_MS } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3000);
    lease.usurp();
    await bench.advance(INTERVAL_MS - 4000);
    expect(bench.told('attempt.failed')).toHaveLength(1);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['not_owner']);
  });

  it('and was decided by a look that took so long is not begun', async () => {
    const { bench, lease } = contending();
    await bench.start();
    bench.add(1, 'app');
    slowDown(bench.units, 'describe', { clock: bench.clock, answerMs: 5000, times: 1 });
    await bench.advance(INTERVAL_MS + 1000);
    lease.usurp();
    await bench.advance(10_000);
    expect(bench.units.restarted).toEqual([]);
  });

  it('and still waited for its turn is not begun', async () => {
    const lease = new MemoryLease();
    const setup = { policies: { web: {}, app: {} }, units: { 'web.service': WEB, 'app.service': FAILED } };
    const options = { checkIntervalMs: INTERVAL_MS, maxParallelRestarts: 1 };
    const bench = benchOf({ ...setup, owner: lease.join('we'), options });
    bench.add(1, 'web');
    bench.add(2, 'app');
    await bench.start();
    await bench.advance(3000);
    lease.usurp();
    await bench.advance(INTERVAL_MS - 4000);
    expect(bench.told('restart.started').map(({ processName }) => processName)).toEqual(['web']);
    await bench.advance(2 * INTERVAL_MS);
    expect(bench.units.restarted).toContain('app.service');
  });
});

describe('a monitor that takes over', () => {
  it('looks at once, and for a whole interval before it acts', async () => {
    const { bench, lease, owner } = contending();
    owner.become({ kind: 'standby', holder: 'the other' });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(10 * INTERVAL_MS + 5000);
    expect(bench.store.calls).not.toContain('alarmed');
    lease.usurp();
    await bench.advance(0);
    expect(bench.reasons('app')).toEqual(['just_sighted']);
    await bench.advance(INTERVAL_MS - 1);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(1);
    expect(bench.units.restarted).toEqual(['app.service']);
    expect(bench.told('ownership.changed')).toMatchObject([
      { state: 'standby', detail: expect.stringContaining('the other') as string },
      { state: 'owner', detail: '' },
    ]);
  });

  it('does so too where it did not know, at its first looks, whose the rows were', async () => {
    const { bench, lease, owner } = contending();
    owner.become({ kind: 'unknown', detail: 'no answer' });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(INTERVAL_MS + 5000);
    const looks = bench.told('cycle.completed').length;
    lease.usurp();
    await bench.advance(INTERVAL_MS - 1);
    expect(bench.told('cycle.completed')).toHaveLength(looks + 1);
    expect(bench.told('ownership.changed')).toEqual([]);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(1);
    expect(bench.units.restarted).toEqual(['app.service']);
  });
});
