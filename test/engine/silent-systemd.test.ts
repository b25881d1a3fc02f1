/** A systemd that is here but does not answer: nothing is done on doubt, nothing is counted, and others are not held up. */
import { describe, expect, it } from 'vitest';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';
import { policyOf, type PolicyWish } from '../support/policy.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const CUSTOM = { strategy: 'custom', restartCommand: '/opt/mend' } as const;

function silentBench(policy: PolicyWish): MonitorBench {
  const bench = benchOf({ policies: { app: policy }, units: { 'app.service': FAILED } });
  bench.table.add({ argv: ['/opt/app'] });
  bench.runner.on('/opt/mend');
  bench.units.isSilent = true;
  bench.add(1, 'app');
  return bench;
}

/** Everything that was done to the host. */
const deeds = ({ units, table, starter, runner }: MonitorBench): readonly unknown[] => [
  ...units.restarted,
  ...table.signals,
  ...starter.calls,
  ...runner.calls,
];

describe('a systemd that does not answer', () => {
  it.each<[string, PolicyWish]>([
    ['auto', { strategy: 'auto', startCommand: '/opt/app' }],
    ['service', { strategy: 'service' }],
    ['custom', CUSTOM],
    ['auto with a command before it', { strategy: 'auto', preRestartCommand: '/opt/mend' }],
  ])('keeps a restart back, and counts nothing: %s', async (_what, policy) => {
    const bench = silentBench(policy);
    await bench.start();
    await bench.advance(11_000);
    expect(bench.told('restart.ended')).toMatchObject([
      { outcome: { kind: 'refused', detail: expect.stringContaining('systemd does not answer') as string } },
    ]);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 0 });
    expect(deeds(bench)).toEqual([]);
    await bench.advance(120_000);
    expect([deeds(bench), new Set(bench.outcomes())]).toEqual([[], new Set(['refused'])]);
  });

  it('holds the process for moments only: it is restarted soon after the answer', async () => {
    const bench = silentBench({ strategy: 'auto' });
    await bench.start();
    await bench.advance(10_500);
    bench.units.isSilent = false;
    await bench.advance(15_000);
    expect(bench.units.restarted).toEqual(['app.service']);
    expect(bench.outcomes()).toEqual(['refused', 'recovered']);
    expect([bench.table.signals, bench.starter.calls]).toEqual([[], []]);
  });

  it('is not waited for by a process that a command of its own restarts as a program', async () => {
    const bench = benchOf({
      policies: { app: {}, tool: { strategy: 'process', restartCommand: 'again' } },
      units: { 'app.service': FAILED },
    });
    bench.units.isSilent = true;
    bench.add(1, 'app');
    const row = bench.add(2, 'tool');
    bench.table.add({ argv: ['/opt/tool'] });
    bench.runner.on('/bin/sh -c again', {});
    await bench.start();
    await bench.advance(2000);
    expect([bench.outcomes('tool'), row.alarma]).toEqual([['recovered'], 0]);
    await bench.advance(10_000);
    expect(bench.outcomes('app')).toEqual(['refused']);
    expect(bench.told('cycle.completed')[0]).toMatchObject({ alarmed: 2, started: 2, skipped: 0 });
  });

  it('does not make a failure of a restart that could not be looked at', async () => {
    const policy = { strategy: 'auto', maxAttempts: 1, healthCheckTimeoutMs: 3000 } as const;
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': FAILED } });
    bench.add(1, 'app');
    await bench.start();
    bench.units.isSilent = true;
    await bench.advance(40_000);
    expect(bench.outcomes()[0]).toBe('refused');
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 0 });
    bench.units.isSilent = false;
    await bench.advance(40_000);
    expect(bench.outcomes().at(-1)).toBe('recovered');
  });

  it('keeps back what a person asks for', async () => {
    const bench = silentBench({ strategy: 'auto', startCommand: '/opt/app' });
    await bench.start();
    await bench.advance(10_500);
    const asked = bench.monitor.restartNow(policyOf({ strategy: 'auto', startCommand: '/opt/app' }));
    await bench.advance(25_000);
    expect(await asked).toMatchObject({ kind: 'refused' });
    expect(deeds(bench)).toEqual([]);
  });

  it('does not make a restart of a program that was only found by a monitor that came after', async () => {
    const bench = benchOf({
      policies: { app: { strategy: 'auto', settleTimeMs: 5000 } },
      units: { 'app.service': FAILED },
    });
    bench.table.add({ argv: ['/opt/app'] });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    bench.units.isSilent = true;
    bench.kill();
    const started = bench.start();
    await bench.advance(45_000);
    await started;
    expect([row.alarma, bench.outcomes()]).toEqual([1, []]);
    bench.units.isSilent = false;
    await bench.advance(40_000);
    expect([row.alarma, bench.outcomes(), bench.units.restarted.length]).toEqual([0, ['recovered'], 1]);
  });

  it('says in a dry run that nothing would be done', async () => {
    const bench = silentBench({ strategy: 'auto', dryRun: true });
    await bench.start();
    await bench.advance(11_000);
    expect(bench.reasons('app')).toEqual(['cannot_act']);
  });
});

it('a host without systemd is another matter: auto restarts the program there', async () => {
  const bench = silentBench({ strategy: 'auto', startCommand: '/opt/app' });
  bench.units.isSilent = false;
  bench.units.isAvailable = false;
  await bench.start();
  await bench.advance(5000);
  expect([bench.outcomes(), bench.starter.calls.length]).toEqual([['recovered'], 1]);
});
