/** What systemd tells of a unit is looked at in that moment; where it tells nothing, the regular looks find the same. */
import { describe, expect, it, vi } from 'vitest';
import type { FakeUnit } from '../support/fake-unit-manager.js';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';
import type { PolicyWish } from '../support/policy.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const PATIENT: PolicyWish = { settleTimeMs: 10_000, healthCheckIntervalMs: 5000, healthCheckTimeoutMs: 30_000 };

interface Wish extends FakeUnit {
  readonly policy?: PolicyWish;
  readonly isMute?: boolean;
}

const followed = new Map<MonitorBench, readonly unknown[]>();

async function begin({ policy = {}, isMute = false, ...unit }: Wish): Promise<MonitorBench> {
  const bench = benchOf({
    policies: { app: { maxAttempts: 1, ...policy } },
    units: { 'app.service': { ...FAILED, ...unit } },
    options: { checkIntervalMs: 1e6 },
  });
  bench.units.tells = !isMute;
  const follow = vi.spyOn(bench.units, 'follow');
  followed.set(bench, follow.mock.calls);
  bench.add(1, 'app');
  await bench.start();
  return bench;
}

const follows = (bench: MonitorBench): number => followed.get(bench)?.length ?? NaN;

const looksAfterRestart = ({ units: { calls } }: MonitorBench): number =>
  calls.slice(calls.findIndex(({ kind }) => kind === 'restart')).filter(({ kind }) => kind === 'describe').length;

describe('a restart', () => {
  it('costs one look after its job where nothing has to settle, and no time', async () => {
    const bench = await begin({ policy: { settleTimeMs: 0 } });
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(looksAfterRestart(bench)).toBe(1);
  });

  it('is not listened to where nothing has to settle and no stable period is set', async () => {
    const bench = await begin({ policy: { settleTimeMs: 0, stableTimeMs: 0 } });
    expect(bench.outcomes()).toEqual(['recovered']);
    await bench.advance(1000);
    expect(bench.told('process.stable')).toHaveLength(1);
    expect(follows(bench)).toBe(0);
  });

  it('is listened to for its stable period alone where nothing has to settle', async () => {
    const bench = await begin({ policy: { settleTimeMs: 0 } });
    await bench.advance(1000);
    expect(follows(bench)).toBe(1);
    expect(bench.units.followed).toBe(1);
  });

  it('that is not well at its first look is listened to from then on', async () => {
    const policy = { ...PATIENT, commandTimeoutMs: 1000, settleTimeMs: 0, stableTimeMs: 0 };
    const bench = await begin({ policy, restarts: [{ takesMs: 17_000 }] });
    await bench.advance(16_999);
    expect(bench.outcomes()).toEqual([]);
    await bench.advance(100);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('costs two where it has to settle, and the settle time', async () => {
    const bench = await begin({ policy: PATIENT });
    await bench.advance(9999);
    expect(bench.outcomes()).toEqual([]);
    await bench.advance(1);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(looksAfterRestart(bench)).toBe(2);
  });

  it.each([
    ['at once', false, 300],
    ['at the end of that time where nothing is told', true, 10_000],
  ])('that fails in its settle time is judged %s', async (_when, isMute, afterMs) => {
    const restarts = [{ life: { kind: 'exits', afterMs: 300, status: 7 } }] as const;
    const bench = await begin({ policy: PATIENT, isMute, restarts });
    await bench.advance(afterMs - 1);
    expect(bench.outcomes()).toEqual([]);
    await bench.advance(1);
    expect(bench.told('attempt.failed')).toMatchObject([{ detail: expect.stringContaining('status 7') as string }]);
  });

  it('that systemd is about to repeat has failed in that moment', async () => {
    const restarts = [{ life: { kind: 'crash_loops', upMs: 300, downMs: 60_000 } }] as const;
    const bench = await begin({ policy: PATIENT, restarts });
    await bench.advance(300);
    expect(bench.told('attempt.failed')).toMatchObject([{ detail: expect.stringContaining('it ended') as string }]);
    expect(bench.units.followed).toBe(0);
  });

  it('whose unit takes its time to come up is looked at when it does', async () => {
    // The wait for the job is over long before the job is.
    const restarts = [{ takesMs: 17_000 }];
    const policy = { ...PATIENT, commandTimeoutMs: 1000, settleTimeMs: 2000 };
    const bench = await begin({ policy, restarts });
    await bench.advance(17_000 + 1999);
    expect(bench.outcomes()).toEqual([]);
    await bench.advance(1);
    expect(bench.outcomes()).toEqual(['recovered']);
  });
});

describe('a unit that systemd restarts by itself', () => {
  const life = { kind: 'crash_loops', upMs: 10, downMs: 3000, rounds: 1 } as const;

  it.each([
    ['as soon as it has come up and settled', false, 2990 + 400],
    ['by the regular looks where nothing is told', true, 400 + 5000 + 400],
  ])('is well %s', async (_when, isMute, afterMs) => {
    const policy = { ...PATIENT, settleTimeMs: 400 };
    const bench = benchOf({
      policies: { app: policy },
      units: { 'app.service': { initially: life } },
      options: { checkIntervalMs: 1e6 },
    });
    bench.units.tells = !isMute;
    await bench.advance(20);
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(afterMs - 1);
    expect(bench.outcomes()).toEqual([]);
    await bench.advance(1);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(bench.units.carriedOut).toEqual([]);
  });
});

describe('the configured checks', () => {
  const policy: PolicyWish = {
    ...PATIENT,
    settleTimeMs: 0,
    healthChecks: [{ kind: 'tcp', host: '127.0.0.1', port: 80 }],
  };

  async function checked(restarts: FakeUnit['restarts'] & object): Promise<MonitorBench> {
    const bench = benchOf({
      policies: { app: { maxAttempts: 1, ...policy } },
      units: { 'app.service': { ...FAILED, restarts } },
      options: { checkIntervalMs: 1e6 },
    });
    bench.prober.on('127.0.0.1:80', { afterMs: 500, failure: 'not yet' }, { afterMs: 500 });
    bench.add(1, 'app');
    await bench.start();
    return bench;
  }

  it('do not make a unit well that fails while they run', async () => {
    const bench = await checked([{ life: { kind: 'exits', afterMs: 5700, status: 7 } }]);
    await bench.advance(5999);
    expect(bench.outcomes()).toEqual([]);
    await bench.advance(1);
    expect(bench.outcomes()).toEqual(['still_unhealthy']);
  });

  it('keep their rhythm, however often systemd tells of the unit, which is looked at at most 50 times a second', async () => {
    const bench = await checked([{}]);
    for (let ms = 0; ms < 5999; ms += 1) {
      bench.units.reconnect();
      await bench.advance(1);
    }
    expect(bench.prober.calls.length).toBe(2);
    expect(looksAfterRestart(bench)).toBeLessThanOrEqual(6000 / 20 + 2);
    await bench.advance(1);
    expect(bench.outcomes()).toEqual(['recovered']);
  });
});

describe('a unit without a stable period', () => {
  it('is listened to where its one look found nothing out', async () => {
    const bench = await begin({ policy: { settleTimeMs: 0, stableTimeMs: 0 } });
    bench.units.isSilent = true;
    await bench.advance(60_000);
    bench.units.isSilent = false;
    expect(bench.units.followed).toBe(1);
    await bench.advance(60_000);
    expect(bench.told('process.stable')).toHaveLength(1);
    expect(bench.units.followed).toBe(0);
  });
});

describe('a unit in its stable period', () => {
  async function recovered(
    more: PolicyWish = {},
    { checkIntervalMs = 1e6, isMute = false }: { readonly checkIntervalMs?: number; readonly isMute?: boolean } = {},
  ): Promise<MonitorBench> {
    const bench = benchOf({
      policies: { app: { stableTimeMs: 600_000, ...more } },
      units: { 'app.service': FAILED },
      options: { checkIntervalMs },
    });
    bench.units.tells = !isMute;
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(1000);
    expect(bench.outcomes()).toEqual(['recovered']);
    await bench.advance(7000);
    return bench;
  }

  it('that fails is seen in that moment, once, and its alarm is raised again', async () => {
    const bench = await recovered();
    bench.units.happens('app.service', { kind: 'failed', status: 9 });
    await bench.advance(0);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect(bench.store.statuses).toMatchObject([{ alarma: 1 }]);
    await bench.advance(60_000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
  });

  it('that fails is seen by the next regular look where nothing is told', async () => {
    const bench = await recovered({}, { isMute: true });
    bench.units.happens('app.service', { kind: 'failed', status: 9 });
    await bench.advance(3000);
    expect(bench.told('process.relapsed')).toEqual([]);
    await bench.advance(2000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
  });

  it('that fails in the moment of a regular look is counted once', async () => {
    const bench = await recovered();
    void bench.clock.sleep(3200, new AbortController().signal).then(() => {
      bench.units.happens('app.service', { kind: 'failed' });
    });
    await bench.advance(60_000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
  });

  it('that fails while a check of it hangs is seen all the same', async () => {
    const bench = benchOf({
      policies: { app: { healthChecks: [{ kind: 'tcp', host: '127.0.0.1', port: 80 }], healthCheckTimeoutMs: 30_000 } },
      units: { 'app.service': FAILED },
      options: { checkIntervalMs: 1e6 },
    });
    bench.prober.on('127.0.0.1:80', {}, { afterMs: Infinity });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(10_000);
    expect(bench.prober.calls).toHaveLength(2);
    bench.units.happens('app.service', { kind: 'failed', status: 9 });
    await bench.advance(0);
    expect(bench.told('process.relapsed')).toMatchObject([{ detail: expect.stringContaining('status 9') as string }]);
  });

  it('that is told of without having changed goes on as before', async () => {
    const bench = await recovered();
    for (let ms = 0; ms < 1000; ms += 1) {
      bench.units.reconnect();
      await bench.advance(1);
    }
    const looks = bench.units.calls.filter(
      ({ kind, atMs }) => kind === 'describe' && atMs > bench.clock.monotonicMs() - 1000,
    );
    expect(looks.length).toBeLessThanOrEqual(1000 / 50 + 1);
    await bench.advance(600_000);
    expect(bench.told('process.stable')).toHaveLength(1);
  });

  it('is listened to no longer once it is stable', async () => {
    const bench = await recovered();
    expect(bench.units.followed).toBe(1);
    await bench.advance(600_000);
    expect(bench.units.followed).toBe(0);
  });

  it('is listened to no longer once the monitor stops', async () => {
    const bench = await recovered();
    await bench.stop();
    expect(bench.units.followed).toBe(0);
  });
});
