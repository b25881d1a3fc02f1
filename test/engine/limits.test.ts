/** What keeps restarts within bounds: budgets, the brake, refusals, a person's hold, dry runs. */
import { describe, expect, it } from 'vitest';
import { benchOf, outage } from '../support/monitor-bench.js';
import { idOf } from '../support/policy.js';
import { viewOf } from '../support/state-view.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const DYING = { ...FAILED, restarts: [{ life: { kind: 'failed' } }] } as const;
const NO_FAILURE = { kind: 'closed', failures: 0 } as const;

describe('a restart budget', () => {
  it('stops further attempts of the handling that uses it up, which counts as the failure that it is', async () => {
    const policy = { maxAttempts: 5, budget: { restarts: 2, windowMs: 600_000 } };
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': DYING } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(60_000);
    expect(bench.units.restarted).toHaveLength(2);
    const outcome = {
      kind: 'still_unhealthy',
      attempts: 2,
      detail: expect.stringContaining('restart budget is used up') as string,
    };
    expect(bench.told('restart.ended')).toMatchObject([{ outcome }]);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
    expect(bench.reasons('app').at(-1)).toBe('budget_used_up');
    await bench.advance(600_000);
    expect(bench.units.restarted.length).toBeGreaterThan(2);
  });

  it('catches what no breaker sees: a process that recovers each time and falls again', async () => {
    const policy = { stableTimeMs: 0, budget: { restarts: 3, windowMs: 3600_000 } };
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': FAILED } });
    const row = bench.add(1, 'app');
    await bench.start();
    for (let times = 0; times < 6; times += 1) {
      await bench.advance(60_000);
      row.alarma = 1;
    }
    await bench.advance(60_000);
    expect(bench.units.restarted).toHaveLength(3);
    expect(bench.reasons('app').at(-1)).toBe('budget_used_up');
  });

  it('of the host holds back what it has no room for, and counts no failure for it', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const bench = benchOf({
      policies: Object.fromEntries(names.map((name) => [name, {}])),
      units: Object.fromEntries(names.map((name) => [`${name}.service`, FAILED])),
      options: { hostBudget: { restarts: 2, windowMs: 60_000 } },
    });
    names.forEach((name, index) => bench.add(index + 1, name));
    await bench.start();
    await bench.advance(30_000);
    expect(bench.units.restarted).toEqual(['a.service', 'b.service']);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
    expect(bench.reasons('c')).toEqual(['budget_used_up']);
    expect(bench.memoryOf(3)?.breaker ?? NO_FAILURE).toEqual(NO_FAILURE);
    await bench.advance(60_000);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered', 'recovered', 'recovered']);
  });

  it('that is used up while a handling waits for its slot is no failure of the process', async () => {
    const names = ['a', 'b'];
    const bench = benchOf({
      policies: { a: { maxAttempts: 2, restartDelayMs: 1 }, b: {} },
      units: { 'a.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }, {}] }, 'b.service': FAILED },
      options: { maxParallelRestarts: 1, hostBudget: { restarts: 2, windowMs: 60_000 } },
    });
    names.forEach((name, index) => bench.add(index + 1, name));
    await bench.start();
    await bench.advance(10_000);
    expect(bench.outcomes('b')[0]).toBe('budget_used_up');
    expect(bench.memoryOf(2)?.breaker ?? NO_FAILURE).toEqual(NO_FAILURE);
    await bench.advance(60_000);
    expect(bench.outcomes('b').at(-1)).toBe('recovered');
  });
});

describe('the mass-alarm brake', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const setup = {
    policies: Object.fromEntries(names.map((name) => [name, {}])),
    units: Object.fromEntries(names.map((name) => [`${name}.service`, FAILED])),
    options: { brakeLimits: { percent: 50, min: 5 } },
  };

  it('holds restarts for one look, then lets them go on', async () => {
    const bench = benchOf(setup);
    names.forEach((name, index) => bench.add(index + 1, name));
    await bench.start();
    await bench.advance(900);
    expect(bench.told('brake.applied')).toMatchObject([{ alarmed: 6, known: 6 }]);
    expect(bench.reasons('a')).toEqual(['mass_alarm']);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(5000);
    expect(bench.told('brake.released')).toMatchObject([{ confirmed: true }]);
    expect(bench.outcomes()).toHaveLength(6);
  });

  it('lets nothing happen at all where it was a mistake that is taken back', async () => {
    const bench = benchOf(setup);
    const rows = names.map((name, index) => bench.add(index + 1, name));
    await bench.start();
    for (const row of rows) row.alarma = 0;
    await bench.advance(5000);
    expect(bench.told('brake.released')).toMatchObject([{ confirmed: false }]);
    expect(bench.units.restarted).toEqual([]);
  });
});

describe('what rights or configuration forbid', () => {
  it.each([
    ['a missing right', { ...FAILED, restarts: [{ answer: { kind: 'not_permitted', detail: 'polkit' } }] }],
    ['a masked unit', { properties: { loadState: 'masked' } }],
  ] as const)('%s: is held for a minute and never counted', async (_what, unit) => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': unit } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(59_000);
    expect(bench.outcomes()).toEqual(['refused']);
    expect(bench.reasons('app').at(-1)).toBe('refused');
    await bench.advance(600_000);
    expect(bench.outcomes().length).toBeGreaterThan(8);
    expect(new Set(bench.outcomes())).toEqual(new Set(['refused']));
    expect(bench.memoryOf(1)?.breaker).toEqual(NO_FAILURE);
  });

  it('a unit that somebody else is acting on is left for ten seconds, uncounted', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': { initially: { kind: 'runs' } } } });
    bench.units.operatorStops('app.service', 5000);
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(9000);
    expect(bench.outcomes()).toEqual(['operator_at_work']);
    expect(bench.memoryOf(1)?.breaker).toEqual(NO_FAILURE);
    await bench.advance(5000);
    expect(bench.outcomes()).toEqual(['operator_at_work', 'recovered']);
  });

  it('a job of our own that is still under way is not taken for somebody else’s: the failure counts', async () => {
    const hanging = { ...FAILED, restarts: [{ takesMs: 90_000, life: { kind: 'failed' } }] } as const;
    const policy = {
      commandTimeoutMs: 10_000,
      breaker: { maxFailures: 1, resetAfterMs: 1e9, resetMultiplier: 1, maxOpenMs: 1e9 },
    };
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': hanging } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(60_000);
    expect(bench.outcomes()).toEqual(['still_unhealthy']);
    expect(bench.memoryOf(1)?.breaker.kind).toBe('open');
  });
});

describe('a person’s hold', () => {
  it('keeps a process from being restarted until it is let go', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    const row = bench.add(1, 'app', { alarma: 0 });
    await bench.start();
    const subject = { processId: idOf(1), processName: 'app' };
    bench.monitor.ledger.setByPerson(subject, 'isolate');
    row.alarma = 1;
    await bench.advance(60_000);
    expect(bench.reasons('app')).toEqual(['isolated']);
    bench.monitor.ledger.setByPerson(subject, 'reset');
    await bench.advance(5000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(bench.told('breaker.changed').map(({ by }) => by)).toEqual(['person', 'person']);
  });
});

describe('a dry run', () => {
  it('says what it would do and changes nothing at all', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED }, options: { isDryRun: true } });
    const row = bench.add(1, 'app', { notes: 'as it was' });
    await bench.start();
    await bench.advance(60_000);
    expect(bench.told('alarm.skipped')).toMatchObject([
      { reason: { code: 'dry_run', would: 'restart unit app.service by systemd' } },
    ]);
    expect(bench.units.restarted).toEqual([]);
    expect(row).toMatchObject({ alarma: 1, notes: 'as it was' });
    await bench.stop();
    expect(bench.stateStore.saves).toBe(0);
    expect(new Set(bench.store.calls)).toEqual(new Set(['alarmed']));
  });

  it('neither pays nor counts nor settles what an earlier run has left', async () => {
    const real = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    real.add(1, 'app');
    await real.start();
    await real.advance(500);
    real.kill();
    const left = real.stateStore.state;
    expect(left?.processes['1']?.inFlight).not.toBeNull();

    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED }, options: { isDryRun: true } });
    if (left !== null) await bench.stateStore.save(viewOf(left));
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(600_000);
    await bench.stop();
    expect(bench.stateStore.state).toEqual(left);
    expect(bench.units.restarted).toEqual([]);
    expect(bench.events.events.filter(({ type }) => type.startsWith('restart') || type.startsWith('handling'))).toEqual(
      [],
    );
  });

  it('pays no debt', async () => {
    const real = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    real.add(1, 'app');
    await real.start();
    real.store.setOutage(outage());
    await real.advance(3000);
    real.kill();
    const left = real.stateStore.state;
    expect(left?.processes['1']?.owed).not.toBeNull();

    const bench = benchOf({ policies: { app: {} }, options: { isDryRun: true } });
    if (left !== null) await bench.stateStore.save(viewOf(left));
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(10_000);
    await bench.monitor.once();
    expect(row.alarma).toBe(1);
    expect(bench.reasons('app')).toContain('owes_write_back');
  });

  it('of one process leaves the others alone', async () => {
    const policies = { app: { dryRun: true }, web: {} };
    const bench = benchOf({ policies, units: { 'app.service': FAILED, 'web.service': FAILED } });
    bench.add(1, 'app');
    bench.add(2, 'web');
    await bench.start();
    await bench.advance(5000);
    expect(bench.reasons('app')).toEqual(['dry_run']);
    expect(bench.units.restarted).toEqual(['web.service']);
  });
});
