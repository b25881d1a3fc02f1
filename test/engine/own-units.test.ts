/** Programs and commands in units that `grant` has made: restarted, taken over, refused, and settled after a kill. */
import { describe, expect, it } from 'vitest';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';
import type { FakeUnit } from '../support/fake-unit-manager.js';
import type { PolicyWish } from '../support/policy.js';

function bench(policy: PolicyWish, units: Readonly<Record<string, FakeUnit>>): MonitorBench {
  const made = benchOf({ policies: { app: { maxAttempts: 1, ...policy } }, units });
  made.add(1, 'app');
  return made;
}

const PROGRAM: PolicyWish = { strategy: 'process', startCommand: '/opt/app' };

/** The monitor was killed while the program outside of its unit was ending, and has been started again. */
async function killedWhileItEnded(unit: FakeUnit): Promise<MonitorBench> {
  const site = bench(PROGRAM, { 'pm-app.service': unit });
  // Without itself among them the programs of the host cannot be judged.
  site.table.add({ argv: ['node'], pid: site.table.ownPid, unit: 'process-monitor.service' });
  site.table.add({ argv: ['/opt/app'], diesOfTermAfterMs: 2000 });
  await site.start();
  await site.advance(500);
  site.kill();
  await site.advance(5000);
  await site.start();
  return site;
}

describe('a program with a unit of its own', () => {
  it('is restarted by systemd, and proved by the unit', async () => {
    const site = bench(PROGRAM, { 'pm-app.service': { initially: { kind: 'failed' } } });
    await site.start();
    await site.advance(5000);
    expect(site.units.restarted).toEqual(['pm-app.service']);
    expect(site.starter.calls).toEqual([]);
    expect(site.outcomes()).toEqual(['recovered']);
  });

  it('is stopped first where it runs outside of it', async () => {
    const site = bench(PROGRAM, { 'pm-app.service': {} });
    const foreign = site.table.add({ argv: ['/opt/app'] });
    await site.start();
    await site.advance(5000);
    expect(new Set(site.table.signals.map(({ pid }) => pid))).toEqual(new Set([foreign.identity.pid]));
    expect((await site.table.list()).map(({ identity }) => identity.pid)).not.toContain(foreign.identity.pid);
    expect(site.units.restarted).toEqual(['pm-app.service']);
    expect(site.outcomes()).toEqual(['recovered']);
  });

  it('is left as it is where nothing can be started and there is no such unit', async () => {
    const site = bench(PROGRAM, {});
    site.starter.obstacle = 'process-monitor grant makes it';
    site.table.add({ argv: ['/opt/app'] });
    await site.start();
    await site.advance(5000);
    expect(site.table.signals).toEqual([]);
    const detail = 'there is no unit pm-app.service, and process-monitor grant makes it';
    expect(site.told('restart.ended')[0]?.outcome).toEqual({ kind: 'refused', detail });
  });

  it('is left as it is where other users’ programs are hidden: a second one could be started beside it', async () => {
    const site = bench(PROGRAM, { 'pm-app.service': {} });
    site.table.hidesOthers = true;
    await site.start();
    await site.advance(5000);
    expect(site.units.restarted).toEqual([]);
    expect(site.told('restart.ended')[0]?.outcome).toMatchObject({ kind: 'refused' });
  });

  it('says what to do where polkit does not allow it', async () => {
    const answer = { kind: 'not_permitted', detail: 'Access denied' } as const;
    const site = bench(PROGRAM, { 'pm-app.service': { restarts: [{ answer }] } });
    await site.start();
    await site.advance(5000);
    const { outcome } = site.told('restart.ended')[0] ?? {};
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(outcome)).toContain('restart pm-app.service: run process-monitor grant as root');
  });

  it('is restarted in it when the monitor was killed while the one outside of it was ending', async () => {
    const site = await killedWhileItEnded({});
    await site.advance(8000);
    expect(site.units.restarted).toEqual(['pm-app.service']);
    expect(site.starter.calls).toEqual([]);
    expect(site.outcomes()).toEqual(['recovered']);
  });

  it('is handled anew when somebody else’s job kept a monitor that went on after a kill from restarting it', async () => {
    const conflict = { answer: { kind: 'conflict', detail: 'Job for pm-app.service canceled.' } } as const;
    const site = await killedWhileItEnded({ restarts: [conflict, {}] });
    await site.advance(40_000);
    expect(site.told('handling.resumed')).toHaveLength(1);
    expect(site.units.restarted).toEqual(['pm-app.service', 'pm-app.service']);
    expect(site.outcomes()).toEqual(['operator_at_work', 'recovered']);
  });

  it('is settled by its unit when the monitor was killed right behind the restart: no second one', async () => {
    const site = bench(PROGRAM, { 'pm-app.service': { initially: { kind: 'failed' } } });
    await site.start();
    expect(site.units.restarted).toEqual(['pm-app.service']);
    site.kill();
    await site.start();
    await site.advance(5000);
    expect(site.units.restarted).toEqual(['pm-app.service']);
    expect(site.outcomes()).toEqual(['recovered']);
  });
});

describe('a command with a user of its own', () => {
  const COMMAND: PolicyWish = { strategy: 'custom', restartCommand: 'mend', commandUser: 'oracle' };
  const UNIT = 'pm-cmd@app-restart.service';
  const oneshot = (unit: FakeUnit): FakeUnit => ({ ...unit, properties: { type: 'oneshot' } });

  it('is run by its unit to the end, and never beside it', async () => {
    const site = bench(COMMAND, { [UNIT]: oneshot({ restarts: [{ life: { kind: 'finished' }, takesMs: 700 }] }) });
    await site.start();
    await site.advance(5000);
    expect(site.units.restarted).toEqual([UNIT]);
    expect(site.told('command.ended')[0]).toMatchObject({ purpose: 'restart', text: 'mend', report: { ok: true } });
    expect(site.outcomes()).toEqual(['recovered']);
  });

  it('fails with the exit code that its unit had', async () => {
    const answer = { kind: 'failed', detail: 'Job failed' } as const;
    const restarts = [{ answer, life: { kind: 'failed', status: 7 } }] as const;
    const site = bench(COMMAND, { [UNIT]: oneshot({ restarts }) });
    await site.start();
    await site.advance(5000);
    expect(site.told('restart.ended')[0]?.outcome).toMatchObject({
      kind: 'command_failed',
      detail: 'restart_command exited 7',
    });
  });

  it('that systemd had to end has failed, whatever the process is like', async () => {
    const answer = { kind: 'failed', detail: 'Job failed' } as const;
    const restarts = [{ answer, life: { kind: 'failed', result: 'timeout' } }] as const;
    const site = bench(COMMAND, { [UNIT]: oneshot({ restarts }) });
    await site.start();
    await site.advance(5000);
    expect(site.told('restart.ended')[0]?.outcome).toMatchObject({
      detail: 'restart_command timed out and was ended by systemd',
    });
  });

  it('is refused without its unit, and it is said who makes it', async () => {
    const site = bench(COMMAND, {});
    await site.start();
    await site.advance(5000);
    expect(JSON.stringify(site.told('restart.ended')[0]?.outcome)).toContain(
      `process-monitor grant, run by root, makes ${UNIT}`,
    );
  });

  it('that comes before the restart ends the handling when it fails', async () => {
    const answer = { kind: 'failed', detail: 'Job failed' } as const;
    const site = bench(
      { preRestartCommand: 'check', commandUser: 'oracle' },
      {
        'app.service': { initially: { kind: 'failed' } },
        'pm-cmd@app-prerestart.service': oneshot({ restarts: [{ answer, life: { kind: 'failed', status: 2 } }] }),
      },
    );
    await site.start();
    await site.advance(5000);
    expect(new Set(site.units.restarted)).toEqual(new Set(['pm-cmd@app-prerestart.service']));
    expect(site.told('restart.ended')[0]?.outcome).toEqual({
      kind: 'command_failed',
      attempts: 0,
      detail: 'pre_restart_command exited 2',
    });
  });
});
