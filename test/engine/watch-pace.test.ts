/** How often a recovered unit is looked at through its stable period: seldom where systemd tells of each change. */
import { expect, it } from 'vitest';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';
import type { PolicyWish } from '../support/policy.js';

/** Recovered eight seconds ago. `isMute`: systemd cannot be heard. */
async function recovered(more: PolicyWish = {}, { isMute = false } = {}): Promise<MonitorBench> {
  const bench = benchOf({
    policies: { app: { stableTimeMs: 600_000, ...more } },
    units: { 'app.service': { initially: { kind: 'failed' } } },
    options: { checkIntervalMs: 1e6 },
  });
  bench.units.tells = !isMute;
  bench.prober.on('127.0.0.1:80');
  bench.add(1, 'app');
  await bench.start();
  await bench.advance(8000);
  expect(bench.outcomes()).toEqual(['recovered']);
  return bench;
}

async function looksIn(bench: MonitorBench, ms: number): Promise<number> {
  const before = bench.units.calls.length;
  await bench.advance(ms);
  return bench.units.calls.slice(before).filter(({ kind }) => kind === 'describe').length;
}

it('a unit is looked at once a minute while systemd tells of each change', async () => {
  expect(await looksIn(await recovered(), 300_000)).toBe(5);
});

it('a unit is looked at every five seconds where nothing is told', async () => {
  expect(await looksIn(await recovered({}, { isMute: true }), 300_000)).toBe(60);
});

it('a unit is looked at every five seconds from the moment on in which nothing is told any more', async () => {
  const bench = await recovered();
  bench.units.tells = false;
  expect(await looksIn(bench, 1000)).toBe(1);
  bench.units.happens('app.service', { kind: 'failed', status: 9 });
  await bench.advance(4500);
  expect(bench.told('process.relapsed')).toHaveLength(1);
});

it('a unit is looked at every five seconds where the settings have a check of their own for it, of which nobody tells', async () => {
  const checks: PolicyWish = { healthChecks: [{ kind: 'tcp', host: '127.0.0.1', port: 80 }] };
  expect(await looksIn(await recovered(checks), 300_000)).toBe(60);
});

it('a unit is looked at when its stable period ends, although a minute has not passed', async () => {
  const bench = await recovered({ stableTimeMs: 90_000 });
  await bench.advance(83_500);
  expect(bench.told('process.stable')).toHaveLength(1);
});

it('a unit whose check takes long has it run once at a time, whatever is told meanwhile', async () => {
  const checks: PolicyWish = {
    healthChecks: [{ kind: 'tcp', host: '127.0.0.1', port: 80 }],
    healthCheckTimeoutMs: 30_000,
  };
  const bench = await recovered(checks);
  bench.prober.on('127.0.0.1:80', { afterMs: Infinity });
  await bench.advance(5000);
  const before = bench.prober.calls.length;
  for (let second = 0; second < 20; second += 1) {
    bench.units.reconnect();
    await bench.advance(1000);
  }
  expect(bench.prober.calls).toHaveLength(before);
});
