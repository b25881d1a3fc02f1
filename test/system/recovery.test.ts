/** From an alarmed row to a proved restart, on a real systemd and a real MariaDB. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, SLEEPER, type MonitoredMachine } from './support/monitored-machine.js';
import { storedMemoryText } from './support/stored-memory.js';

/** Dies half a second after each start, until it is mended. `systemctl restart` says 0 all the same. */
const dying = (name: string): string => `[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c 'test -e /run/${name}.mended && exec sleep infinity; sleep 0.5; exit 1'
`;

const LOOPING = `[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c 'sleep 0.3; exit 1'
Restart=always
RestartSec=100ms
`;

const PROCESSES = `
[process.default]
restart_strategy = service
settle_time = 1
stable_time = 2
restart_delay = 1

[process.mended]
stable_time = 3

[process.dies]
max_attempts = 2
max_restart_failures = 2
circuit_reset_time = 8

[process.loops]
max_attempts = 1
circuit_reset_time = 600

[process.by-unit]
restart_strategy = auto

[process.taken]
pre_restart_command = sleep 5

[process.cleared]
pre_restart_command = sleep 5

[process.null]
[process.full]
[process.multi]
[process.latin]
`;

const NAMES = ['mended', 'dies', 'loops', 'by-unit', 'taken', 'cleared', 'null', 'full', 'multi', 'latin'];
const ID = Object.fromEntries(NAMES.map((name, index) => [name, index + 1])) as Readonly<Record<string, number>>;
const id = (name: string): number => ID[name] ?? 0;

describeOnMachine('an alarmed row', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    const sleepers = ['by-unit', 'taken', 'cleared', 'null', 'full', 'multi', 'latin'];
    host = await bootMonitored({
      name: 'recovery',
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0',
      units: {
        'mended.service': dying('mended'),
        'dies.service': dying('dies'),
        'loops.service': LOOPING,
        ...Object.fromEntries(sleepers.map((name) => [`${name}.service`, SLEEPER])),
      },
    });
    await host.addProcesses(NAMES);
    await host.machine.must(`systemctl start ${sleepers.join(' ')}`);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('leads to one verified restart, a cleared alarm, a stamped note and, once stable, a clean breaker', async () => {
    await host.raise(id('mended'));
    await host.waitForEvent('restart.ended', { processName: 'mended' });
    expect((await host.row(id('mended'))).alarma).toBe('1');
    expect(await storedMemoryText(host)).toMatch(/"failures":\s*1/);

    const pidBefore = await host.show('mended', 'MainPID');
    await host.machine.must('touch /run/mended.mended');
    await host.waitUntilClear(id('mended'));
    const pid = await host.show('mended', 'MainPID');
    expect(pid).not.toBe(pidBefore);
    expect(Number(pid)).toBeGreaterThan(1);
    expect((await host.row(id('mended'))).notes).toMatch(/^by hand - Restarted at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    await host.waitForEvent('process.stable', { processName: 'mended' });
    expect(await host.show('mended', 'MainPID')).toBe(pid);
    const ended = await host.events('restart.ended', 'mended');
    expect(ended.filter(({ outcome }) => outcome === 'recovered')).toHaveLength(1);
    expect(await storedMemoryText(host)).not.toMatch(/"failures":\s*[1-9]/);
  });

  it('whose program dies after each start opens the breaker, and one trial closes it once it is mended', async () => {
    await host.raise(id('dies'));
    const ended = await host.waitForEvent('restart.ended', { processName: 'dies', count: 2, timeoutMs: 40_000 });
    expect(ended.map(({ outcome }) => outcome)).toEqual(['still_unhealthy', 'still_unhealthy']);
    expect(await host.events('restart.attempted', 'dies')).toHaveLength(4);
    const [opened] = await host.waitForEvent('breaker.changed', { processName: 'dies' });
    expect(opened?.message).toContain('Circuit breaker opened for dies after 2 failures');
    expect((await host.row(id('dies'))).alarma).toBe('1');

    await host.waitForEvent('restart.ended', { processName: 'dies', count: 3, timeoutMs: 30_000 });
    expect(await host.events('restart.attempted', 'dies')).toHaveLength(5);
    const states = (await host.events('breaker.changed', 'dies')).map(({ timestamp }) => Date.parse(timestamp));
    expect((states[1] ?? 0) - (states[0] ?? 0)).toBeGreaterThanOrEqual(7_900);

    await host.machine.must('touch /run/dies.mended');
    await host.waitUntilClear(id('dies'), 40_000);
    expect(await host.events('restart.attempted', 'dies')).toHaveLength(6);
    await host.waitForEvent('process.stable', { processName: 'dies' });
    expect((await host.events('breaker.changed', 'dies')).at(-1)?.message).toContain('Circuit breaker reset for dies');
  });

  it('of a unit that systemd is restarting itself is reported as failed, and the unit is never restarted by us', async () => {
    await host.machine.must('systemctl start loops');
    await host.raise(id('loops'));
    await host.waitForEvent('restart.ended', { processName: 'loops', timeoutMs: 30_000 });
    const before = Number(await host.show('loops', 'NRestarts'));
    const ended = await host.waitForEvent('restart.ended', { processName: 'loops', count: 2, timeoutMs: 30_000 });
    expect(ended.map(({ outcome }) => outcome)).toEqual(['still_unhealthy', 'still_unhealthy']);
    expect(await host.events('command.ended', 'loops')).toEqual([]);
    expect((await host.row(id('loops'))).alarma).toBe('1');
    // A restart by us would have begun the count anew.
    expect(Number(await host.show('loops', 'NRestarts'))).toBeGreaterThan(before);
  });

  it('with the auto strategy is restarted as the unit that is found there, and the log says so', async () => {
    const unitBefore = await host.show('by-unit', 'InvocationID');
    await host.raise(id('by-unit'));
    await host.waitUntilClear(id('by-unit'));
    expect(await host.show('by-unit', 'InvocationID')).not.toBe(unitBefore);
    expect((await host.events('restart.attempted', 'by-unit'))[0]?.detail).toContain(
      'auto: unit by-unit.service exists',
    );
  });

  it('is cleared once, whatever its note holds and its column can store', async () => {
    const long = 'n'.repeat(100);
    await host.sql(`UPDATE STATUS_PROCESS SET notes = NULL WHERE process_id = ${id('null')};
      UPDATE STATUS_PROCESS SET notes = '${long}' WHERE process_id = ${id('full')};
      UPDATE STATUS_PROCESS SET notes = 'verificat de Ștefan și Ană 🙂' WHERE process_id = ${id('multi')}`);
    const ids = [id('null'), id('full'), id('multi')];
    await host.raise(...ids);
    for (const each of ids) await host.waitUntilClear(each);
    const stamp = /Restarted at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
    for (const each of ids) expect((await host.row(each)).notes).toMatch(stamp);
    expect((await host.row(id('full'))).notes).toMatch(/^n+ - Restarted/);
    expect((await host.row(id('full'))).notes).toHaveLength(100);
    expect((await host.row(id('multi'))).notes).toMatch(/^verificat de Ștefan și Ană 🙂 - /);
    for (const name of ['null', 'full', 'multi'])
      expect(await host.waitForEvent('restart.ended', { processName: name })).toHaveLength(1);
  });

  it('that an operator takes over in the middle of a handling is left to him', async () => {
    const invocations = await Promise.all(['taken', 'cleared'].map((name) => host.show(name, 'InvocationID')));
    await host.raise(id('taken'), id('cleared'));
    await host.waitForEvent('restart.started', { processName: 'taken' });
    await host.waitForEvent('restart.started', { processName: 'cleared' });
    await host.sql(`UPDATE STATUS_PROCESS SET sound = 1 WHERE process_id = ${id('taken')};
      UPDATE STATUS_PROCESS SET alarma = 0, notes = 'mine' WHERE process_id = ${id('cleared')}`);
    for (const name of ['taken', 'cleared']) {
      const [ended] = await host.waitForEvent('restart.ended', { processName: name });
      expect(ended?.outcome).toBe('interrupted');
    }
    expect(await Promise.all(['taken', 'cleared'].map((name) => host.show(name, 'InvocationID')))).toEqual(invocations);
    expect(await host.row(id('taken'))).toEqual({ alarma: '1', sound: '1', notes: 'by hand' });
    expect(await host.row(id('cleared'))).toEqual({ alarma: '0', sound: '0', notes: 'mine' });
  });

  it('is cleared in a latin1 column too, with its note kept letter by letter', async () => {
    await host.sql(
      "UPDATE STATUS_PROCESS SET notes = ''; ALTER TABLE STATUS_PROCESS MODIFY notes VARCHAR(100) CHARACTER SET latin1",
    );
    await host.sql(`UPDATE STATUS_PROCESS SET notes = 'café, à côté' WHERE process_id = ${id('latin')}`);
    await host.raise(id('latin'));
    await host.waitUntilClear(id('latin'));
    expect((await host.row(id('latin'))).notes).toMatch(/^café, à côté - Restarted at /);
    expect(await host.waitForEvent('restart.ended', { processName: 'latin' })).toHaveLength(1);
  });
});
