/** Two daemons for the rows of one host: whatever befalls the one that acts, the other takes over, and no alarm is handled twice. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit, startsOf } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type LogLine, type MonitoredMachine } from './support/monitored-machine.js';
import { addSecondDaemon, timeOf, type Daemon } from './support/second-daemon.js';

const LEASE_MS = 3000;
const NAMES = ['first', 'killed', 'restored', 'frozen', 'thawed', 'cut', 'mended', 'halfway'];
const SCHEMA = `
  CREATE TABLE PROCESE (process_id INT PRIMARY KEY, process_name VARCHAR(255)) CHARACTER SET utf8mb4;
  CREATE TABLE STATUS_PROCESS (process_id INT PRIMARY KEY, alarma TINYINT, sound TINYINT, notes VARCHAR(100), host_id INT DEFAULT 7)
    CHARACTER SET utf8mb4;`;

const OWNER = /^This monitor acts/;
const STANDBY = /^This monitor stands by/;
const UNSURE = /^This monitor no longer acts/;
const says =
  (words: RegExp) =>
  ({ event, message }: LogLine): boolean =>
    event === 'ownership.changed' && words.test(message);

describeOnMachine('two daemons for the rows of one host', () => {
  let host: MonitoredMachine;
  let a: Daemon;
  let b: Daemon;

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'two-daemons',
      schema: SCHEMA,
      processes: `[process.default]\nrestart_strategy = service\nsettle_time = 0\nstable_time = 0\n
        ${NAMES.map((name) => `[process.${name}]\n`).join('')}`,
      database: 'connect_timeout = 1\nquery_timeout = 1',
      monitor: 'mass_alarm_percent = 0',
      sections: `[host]\nhost_id = 7\nlease_time = ${LEASE_MS / 1000}`,
      units: Object.fromEntries(
        NAMES.map((name) => [`${name}.service`, countedUnit({ before: name === 'halfway' ? 'sleep 2' : ':' })]),
      ),
    });
    [a, b] = await addSecondDaemon(host);
    const inserts = NAMES.map(
      (name, index) => `INSERT INTO PROCESE VALUES (${index + 1}, '${name}');
      INSERT INTO STATUS_PROCESS VALUES (${index + 1}, 0, 0, 'by hand', 7)`,
    );
    await host.sql(inserts.join('; '));
    await host.machine.must('MONITOR_DATABASE_SOCKET=/run/mysqld/mysqld.sock process-monitor migrate --user root');
  });

  afterAll(() => host.machine.stop());

  const raise = (name: string): Promise<void> => host.raise(NAMES.indexOf(name) + 1);
  const isHandledOnce = async (name: string): Promise<void> => {
    await host.waitUntilClear(NAMES.indexOf(name) + 1);
    expect(await startsOf(host, name), name).toHaveLength(1);
  };
  /** By which of them, as often as it says so. */
  const handledBy = async (name: string): Promise<readonly Daemon[]> => {
    const isIt = ({ event, processName }: LogLine): boolean => event === 'restart.ended' && processName === name;
    let by: readonly Daemon[] = [];
    const isSaid = async (): Promise<boolean> => {
      const logs = await Promise.all([a, b].map(async (daemon) => ({ daemon, lines: await daemon.log() })));
      by = logs.flatMap(({ daemon, lines }) => lines.filter(isIt).map(() => daemon));
      return by.length > 0;
    };
    // The row is clear before its line is there.
    await host.machine.waitFor(isSaid, { what: `the end of ${name} to be logged` });
    return by;
  };
  /** Resolves when `next` acts; says how long after `sinceMs` that was. */
  const tookOver = async (next: Daemon, sinceMs: number, fault: string): Promise<void> => {
    const line = await next.waitForLine('that it acts', sinceMs, says(OWNER));
    const tookMs = timeOf(line) - sinceMs;
    console.log(`two daemons: ${fault}, another one acted ${tookMs} ms later (lease_time ${LEASE_MS} ms)`);
    expect(tookMs).toBeLessThan(LEASE_MS + 8000);
  };

  it('lets the first act, and the second tell who does', async () => {
    const beganMs = Date.now();
    await a.start();
    await raise('first');
    await isHandledOnce('first');
    await b.start();
    const line = await b.waitForLine('that it stands by', beganMs, says(STANDBY));
    expect(line.detail).toContain(`(pid ${await a.pid()}, since `);
    await host.machine.waitFor(async () => (await host.show(b.unit, 'StatusText')).includes('standing by'), {
      what: 'systemd to be told as well',
    });
    expect(await handledBy('first')).toEqual([a]);
    expect([await host.show(a.unit, 'User'), await host.show(b.unit, 'User')]).toEqual([
      'process-monitor',
      'process-monitor',
    ]);
  });

  it('has the second take over when the first is killed, and keeps the first standing by when it is back', async () => {
    const killedMs = await a.signal('KILL');
    await raise('killed');
    await tookOver(b, killedMs, 'killed');
    await isHandledOnce('killed');
    const backMs = Date.now();
    await a.start();
    await a.waitForLine('that it stands by', backMs, says(STANDBY));
    await raise('restored');
    await isHandledOnce('restored');
    expect([await handledBy('killed'), await handledBy('restored')]).toEqual([[b], [b]]);
  });

  it('has the other take over when the one that acts is frozen, which does nothing more when it wakes', async () => {
    const frozenMs = await b.signal('STOP');
    await raise('frozen');
    await tookOver(a, frozenMs, 'frozen');
    await isHandledOnce('frozen');
    await raise('thawed');
    const wokenMs = await b.signal('CONT');
    await b.waitForLine('that it stands by', wokenMs, says(STANDBY));
    await isHandledOnce('thawed');
    expect([await handledBy('frozen'), await handledBy('thawed')]).toEqual([[a], [a]]);
  });

  it('has one that is cut off from the database stop by itself before the other acts', async () => {
    const cutMs = await a.cut();
    await raise('cut');
    await tookOver(b, cutMs, 'cut off');
    await a.waitForLine('that it no longer acts', cutMs, says(UNSURE));
    await isHandledOnce('cut');
    const mendedMs = Date.now();
    const acts = (await a.log()).filter((line) => timeOf(line) >= cutMs && line.event === 'restart.attempted');
    expect(acts).toEqual([]);
    await a.mend();
    await a.waitForLine('that it stands by', mendedMs, says(STANDBY));
    await raise('mended');
    await isHandledOnce('mended');
    expect([await handledBy('cut'), await handledBy('mended')]).toEqual([[b], [b]]);
  });

  it('handles once more, and no more than that, what died with its monitor halfway', async () => {
    await raise('halfway');
    const hasBegun = async (): Promise<boolean> => (await startsOf(host, 'halfway')).length > 0;
    await host.machine.waitFor(hasBegun, { what: 'a restart to begin', everyMs: 50 });
    const killedMs = await b.signal('KILL');
    await tookOver(a, killedMs, 'killed in the middle of a restart');
    await host.waitUntilClear(NAMES.indexOf('halfway') + 1);
    const backMs = Date.now();
    await b.start();
    // It settles by looking what it had begun; that is no act.
    await b.waitForLine('what became of it', backMs, ({ event }) => event === 'restart.ended');
    await b.waitForLine('that it stands by', backMs, says(STANDBY));
    const acts = (await b.log()).filter((line) => timeOf(line) >= backMs && line.event === 'restart.attempted');
    expect(acts).toEqual([]);
    expect(await startsOf(host, 'halfway')).toHaveLength(2);
  });

  it('has started every other unit once in the end, whoever acted', async () => {
    await host.machine.must(`systemctl stop ${a.unit} ${b.unit}`);
    const starts = await Promise.all(NAMES.map(async (name) => [name, (await startsOf(host, name)).length]));
    expect(starts).toEqual(NAMES.map((name) => [name, name === 'halfway' ? 2 : 1]));
  });
});
