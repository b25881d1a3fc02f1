/** The database stops, hangs, drops us or holds its rows locked: nothing is restarted on doubt, nothing is forgotten. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit, startsOf } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';
import { storedMemoryText } from './support/stored-memory.js';

const OUTAGE = 'sleep 10';
const TRACES = '/run/traces';

/** `doubtful*`: the database goes between their preparation and their restart. `owed*`: between restart and write-back. */
const NAMES = ['waiting', 'doubtful', 'doubtful-too', 'dropped', 'owed-table', 'owed-row'];
const id = (name: string): number => NAMES.indexOf(name) + 1;

const PROCESSES = `
[process.default]
restart_strategy = service
settle_time = 0
stable_time = 1

[process.doubtful]
pre_restart_command = touch ${TRACES}/prepared; sleep 3

[process.doubtful-too]
pre_restart_command = touch ${TRACES}/prepared; sleep 3

[process.waiting]
[process.dropped]
[process.owed-table]
[process.owed-row]
`;

/** Once for each start: says that it begins, and waits until the test has locked the table. */
const SLOW_START = countedUnit({ before: 'touch /run/starting; until test -e /run/locked; do sleep 0.1; done' });

describeOnMachine('a database that fails', () => {
  let host: MonitoredMachine;
  let daemonPid: string;

  beforeAll(async () => {
    const unit = (name: string): string => (name.startsWith('owed') ? SLOW_START : countedUnit());
    host = await bootMonitored({
      name: 'database-faults',
      processes: PROCESSES,
      database: 'connect_timeout = 2\nquery_timeout = 3',
      monitor: 'mass_alarm_percent = 0',
      writable: [TRACES],
      units: Object.fromEntries(NAMES.map((name) => [`${name}.service`, unit(name)])),
    });
    await host.addProcesses(NAMES);
  });

  afterAll(() => host.machine.stop());

  /** Outages so far: each told once as it begins and once as it ends. */
  const outages = async (): Promise<readonly string[]> => {
    const log = await host.log();
    return log.map(({ event = '' }) => event).filter((event) => ['monitor.blinded', 'monitor.sighted'].includes(event));
  };
  const ended = async (name: string): Promise<readonly unknown[]> =>
    (await host.events('restart.ended', name)).map(({ outcome, reason }) => reason ?? outcome);
  const isThere = async (path: string): Promise<void> => {
    await host.machine.waitFor(async () => (await host.machine.sh(`test -e ${path}`)).code === 0, { what: path });
    await host.machine.must(`rm ${path}`);
  };

  it('is waited for at the start of the monitor', async () => {
    await host.raise(id('waiting'));
    await host.machine.must('systemctl stop mariadb');
    await host.start();
    daemonPid = await host.show('process-monitor', 'MainPID');
    await host.waitForEvent('monitor.blinded');
    await host.machine.must('systemctl start mariadb');
    await host.waitUntilClear(id('waiting'));
    expect(await startsOf(host, 'waiting')).toHaveLength(1);
    expect(await outages()).toEqual(['monitor.blinded', 'monitor.sighted']);
  });

  it('and is away for 10 s stops a handling before it acts; afterwards it is done once', async () => {
    await host.raise(id('doubtful'));
    await isThere(`${TRACES}/prepared`);
    await host.machine.must(`systemctl stop mariadb; ${OUTAGE}`);
    expect(await ended('doubtful')).toEqual(['blind']);
    expect(await startsOf(host, 'doubtful')).toHaveLength(0);
    await host.machine.must('systemctl start mariadb');
    await host.waitUntilClear(id('doubtful'));
    expect(await startsOf(host, 'doubtful')).toHaveLength(1);
    expect((await outages()).slice(2)).toEqual(['monitor.blinded', 'monitor.sighted']);
    await host.machine.must(`rm ${TRACES}/prepared`);
  });

  it('and hangs for 10 s stops a handling before it acts; afterwards it is done once', async () => {
    await host.raise(id('doubtful-too'));
    await isThere(`${TRACES}/prepared`);
    await host.machine.must(`systemctl kill -s STOP mariadb; ${OUTAGE}`);
    expect(await ended('doubtful-too')).toEqual(['blind']);
    expect(await startsOf(host, 'doubtful-too')).toHaveLength(0);
    await host.machine.must('systemctl kill -s CONT mariadb');
    await host.waitUntilClear(id('doubtful-too'));
    expect(await startsOf(host, 'doubtful-too')).toHaveLength(1);
    expect((await outages()).slice(4)).toEqual(['monitor.blinded', 'monitor.sighted']);
  });

  it('and kills our connections is asked again at once: no outage', async () => {
    const before = await outages();
    const killed = await host.killConnections();
    expect(killed).not.toEqual([]);
    await host.raise(id('dropped'));
    await host.waitUntilClear(id('dropped'));
    expect(await startsOf(host, 'dropped')).toHaveLength(1);
    expect(await outages()).toEqual(before);
    const ours = await host.sql("SELECT id FROM information_schema.processlist WHERE user = 'monitor'");
    for (const [connection] of ours) expect(killed).not.toContain(connection);
  });

  it('never ends the monitor', async () => {
    expect(await host.show('process-monitor', 'NRestarts')).toBe('0');
    expect(await host.show('process-monitor', 'MainPID')).toBe(daemonPid);
    expect(await ended('waiting')).toEqual(['recovered']);
    await host.waitForEvent('restart.ended', { processName: 'dropped' });
    expect(await ended('dropped')).toEqual(['recovered']);
  });

  it('and cannot store the reset for a row lock is owed it, pays it once it can, and nothing is restarted again', async () => {
    await host.raise(id('owed-row'));
    await isThere('/run/starting');
    await holdInBackground(
      host,
      `START TRANSACTION; UPDATE STATUS_PROCESS SET notes = 'locked' WHERE process_id = ${id('owed-row')}`,
    );
    await host.waitForEvent('write_back.owed', { processName: 'owed-row' });
    await host.waitForEvent('restart.ended', { processName: 'owed-row' });
    expect(await ended('owed-row')).toEqual(['recovered']);
    expect((await host.row(id('owed-row'))).alarma).toBe('1');
    // The reader is not locked out: the row is seen in alarm, and left alone.
    await host.machine.waitFor(
      async () => (await host.events('alarm.skipped', 'owed-row')).some(({ reason }) => reason === 'owes_write_back'),
      { what: 'the debt to be the reason for leaving it alone' },
    );
    await host.machine.must('systemctl restart mariadb');
    await host.waitUntilClear(id('owed-row'));
    expect((await host.row(id('owed-row'))).notes).toMatch(/^by hand - Restarted at /);
    expect(await startsOf(host, 'owed-row')).toHaveLength(1);
  });

  it('that locks its table and then goes is owed a reset that outlives a kill of the monitor', async () => {
    await host.machine.must('rm /run/locked');
    await host.raise(id('owed-table'));
    await isThere('/run/starting');
    await holdInBackground(host, 'LOCK TABLES STATUS_PROCESS WRITE');
    await host.waitForEvent('write_back.owed', { processName: 'owed-table' });
    await host.waitForEvent('restart.ended', { processName: 'owed-table' });
    await host.machine.must('systemctl stop mariadb');
    await host.machine.must('systemctl kill -s KILL process-monitor');
    expect(await storedMemoryText(host)).toContain('"kind":"clear"');
    await host.machine.waitFor(async () => (await host.show('process-monitor', 'NRestarts')) === '1', {
      what: 'systemd to start the monitor again',
      timeoutMs: 20_000,
    });
    await host.machine.must('systemctl start mariadb');
    await host.waitUntilClear(id('owed-table'));
    expect((await host.row(id('owed-table'))).notes).toMatch(/^by hand - Restarted at /);
    expect(await startsOf(host, 'owed-table')).toHaveLength(1);
    expect(await ended('owed-table')).toEqual(['recovered']);
    const paid = await host.waitForEvent('write_back.done', { processName: 'owed-table' });
    expect(paid).toHaveLength(1);
  });
});

/** Another session does this and keeps what it has locked, until the server goes; then the unit that waits for it may start. */
async function holdInBackground({ machine }: MonitoredMachine, statement: string): Promise<void> {
  const line = `mariadb --no-defaults monitor -e "${statement}; SELECT SLEEP(100)"`;
  void machine.sh(line, { timeoutMs: 110_000 }).catch(() => undefined);
  // It does one after the other: when it sleeps, it has locked.
  const asleep = "SELECT 1 FROM information_schema.processlist WHERE info = 'SELECT SLEEP(100)'";
  await machine.waitFor(async () => (await machine.sql(asleep)).length > 0, { what: 'the lock to be held' });
  await machine.must('touch /run/locked');
}
