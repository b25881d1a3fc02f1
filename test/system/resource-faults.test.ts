/** The host runs out of something, or something of ours is taken away: no alarm is lost, nothing is restarted twice, and it is said. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit, startsOf } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import {
  bootMonitored,
  CONFIG_FILE,
  LOG_DIRECTORY,
  STATE_FILE,
  type LogLine,
  type MonitoredMachine,
} from './support/monitored-machine.js';
import { storedMemoryText } from './support/stored-memory.js';

const STATE_DIRECTORY = '/var/lib/process-monitor';
const RUN_DIRECTORY = '/run/process-monitor';
const UNIT = 'process-monitor.service';
const DATABASE_NAME = 'db.monitored.invalid';
const STRANGERS = Array.from({ length: 60 }, (_, index) => `stranger-${index}`);
/** Handled while the disk is full, until the last page of the memory's file is full too. */
const PAGES = ['page-1', 'page-2', 'page-3', 'page-4'];
/** Of our own disks: small enough to be filled at once. */
const STATE_KB = 256;
const LOG_KB = 8192;

/** The faults; each has three processes: in alarm before it, during it and after it. */
const FAULTS = ['state-full', 'log-full', 'gone', 'files', 'tasks', 'memory', 'dns'] as const;
type Fault = (typeof FAULTS)[number];
const MOMENTS = ['before', 'during', 'after'] as const;
type Moment = (typeof MOMENTS)[number];
const NAMES = FAULTS.flatMap((fault) => MOMENTS.map((moment) => `${fault}-${moment}`));
const nameOf = (fault: Fault, moment: Moment): string => `${fault}-${moment}`;
const idOf = (fault: Fault, moment: Moment): number => NAMES.indexOf(nameOf(fault, moment)) + 1;

const PROCESSES = `
[process.default]
restart_strategy = service
settle_time = 0
stable_time = 1

${[...NAMES, ...PAGES].map((name) => `[process.${name}]`).join('\n')}
`;

describeOnMachine('a host that fails the monitor', () => {
  let host: MonitoredMachine;

  const raise = (fault: Fault, moment: Moment): Promise<void> => host.raise(idOf(fault, moment));
  const handled = async (fault: Fault, moment: Moment): Promise<void> => {
    await host.waitUntilClear(idOf(fault, moment), 40_000);
  };
  const handle = async (fault: Fault, moment: Moment): Promise<void> => {
    await raise(fault, moment);
    await handled(fault, moment);
  };
  const said = async (message: string): Promise<number> =>
    (await host.log()).filter((line) => line.message.startsWith(message)).length;
  const waitUntilSaid = (message: string, count = 1): Promise<void> =>
    host.machine.waitFor(async () => (await said(message)) >= count, { what: `"${message}"`, timeoutMs: 20_000 });
  /** In the journal, where what the log cannot hold is told. */
  const waitUntilTold = (message: string): Promise<void> =>
    host.machine.waitFor(async () => (await host.machine.must(`journalctl -u ${UNIT} -o cat`)).includes(message), {
      what: `"${message}" in the journal`,
      // The control socket is looked for every 30 s.
      timeoutMs: 60_000,
      everyMs: 200,
    });
  const mainPid = (): Promise<string> => host.show(UNIT, 'MainPID');
  const lives = async (): Promise<number> => Number(await host.show(UNIT, 'NRestarts'));
  const fill = (directory: string): Promise<unknown> =>
    host.machine.sh(`cat /dev/zero >${directory}/filler 2>/dev/null; cat /dev/zero >>${directory}/filler 2>/dev/null`);
  const free = (directory: string): Promise<string> => host.machine.must(`rm ${directory}/filler`);

  /** Seen in alarm, and held for want of an answer. */
  const waitUntilHeld = async (fault: Fault): Promise<void> => {
    const name = nameOf(fault, 'during');
    const { outcome } = (await host.waitForEvent('restart.ended', { processName: name }))[0] ?? {};
    expect(outcome).toBe('refused');
    expect(await startsOf(host, name)).toEqual([]);
  };

  /** Each unit of this fault was started once, and the log tells of one restart of it that went well and of none that failed. */
  const expectOneRestartEach = async (fault: Fault): Promise<void> => {
    for (const moment of MOMENTS) {
      const name = nameOf(fault, moment);
      let ends: readonly LogLine[] = [];
      // The row is clear before its line is there.
      const isSaid = async (): Promise<boolean> => {
        ends = await host.events('restart.ended', name);
        return ends.some(({ outcome }) => outcome === 'recovered');
      };
      await host.machine.waitFor(isSaid, { what: `the end of ${name} to be logged` });
      const well = ends.filter(({ outcome }) => outcome === 'recovered');
      const counted = ends.filter(({ outcome }) => outcome === 'still_unhealthy' || outcome === 'command_failed');
      const starts = await startsOf(host, name);
      expect({ name, starts: starts.length, well: well.length, counted }).toEqual({
        name,
        starts: 1,
        well: 1,
        counted: [],
      });
    }
    expect((await storedMemoryText(host)).match(/"failures":[1-9]/)).toBeNull();
  };

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'resource-faults',
      processes: PROCESSES,
      database: 'connect_timeout = 2\nquery_timeout = 3',
      // Over the bus, with its one open connection, it would handle alarms also without room for files and programs.
      monitor: 'mass_alarm_percent = 0\nunit_manager = systemctl',
      units: Object.fromEntries([...NAMES, ...PAGES].map((name) => [`${name}.service`, countedUnit()])),
    });
    const { machine } = host;
    await machine.must(
      `echo '127.0.0.1 ${DATABASE_NAME}' >>/etc/hosts; sed -i 's/^host = .*/host = ${DATABASE_NAME}/' ${CONFIG_FILE}`,
    );
    const disks = [
      [STATE_DIRECTORY, STATE_KB],
      [LOG_DIRECTORY, LOG_KB],
    ] as const;
    for (const [directory, size] of disks) {
      const owner = 'uid=$(id -u process-monitor),gid=$(id -g process-monitor)';
      await machine.must(
        `mkdir -p ${directory} && mount -t tmpfs -o mode=750,size=${size}k,${owner} tmpfs ${directory}`,
      );
    }
    await host.addProcesses([...NAMES, ...PAGES]);
    await host.start();
    await host.waitForEvent('cycle.completed');
  });

  afterAll(() => host.machine.stop());

  it('a full disk under its memory is told once, and does not keep it from handling', async () => {
    await handle('state-full', 'before');
    await fill(STATE_DIRECTORY);
    await handle('state-full', 'during');
    await host.raise(...PAGES.map((_, index) => NAMES.length + 1 + index));
    await waitUntilSaid('State file cannot be written');
    expect(await said('State file cannot be written')).toBe(1);
    await free(STATE_DIRECTORY);
    await handle('state-full', 'after');
    await waitUntilSaid('State file can be written again');
    await expectOneRestartEach('state-full');
    expect(await lives()).toBe(0);
  });

  it('a full disk under its log costs lines, which are counted, and no alarm', async () => {
    await handle('log-full', 'before');
    await fill(LOG_DIRECTORY);
    // More than what is left in the last page of its file: two lines for each of these rows, which nobody is to handle.
    await host.addProcesses(STRANGERS, 1000);
    await host.raise(...STRANGERS.map((_, index) => 1000 + index));
    await waitUntilTold('Log file cannot be written');
    await handle('log-full', 'during');
    await free(LOG_DIRECTORY);
    await handle('log-full', 'after');
    await waitUntilTold('Log file can be written again');
    await expectOneRestartEach('log-full');
  });

  it('its limit of open files is reached: it holds what it cannot ask, counts nothing, and is blind once its connections are gone', async () => {
    await handle('files', 'before');
    const pid = await mainPid();
    // Every file that it has open has a higher number by far than it may open anew.
    await host.machine.must(`prlimit --pid ${pid} --nofile=8:`);
    await raise('files', 'during');
    await waitUntilHeld('files');
    const before = (await host.events('monitor.blinded')).length;
    await host.killConnections();
    const blinded = await host.waitForEvent('monitor.blinded', { count: before + 1 });
    expect(blinded.at(-1)?.detail).toContain('EMFILE');
    await host.machine.must(`prlimit --pid ${pid} --nofile=8192:`);
    await handled('files', 'during');
    await handle('files', 'after');
    await expectOneRestartEach('files');
    expect(await mainPid()).toBe(pid);
  });

  it('its limit of tasks is reached: it holds what it cannot start, and counts nothing', async () => {
    await handle('tasks', 'before');
    const pid = await mainPid();
    await host.machine.must(`prlimit --pid ${pid} --nproc=1:`);
    await raise('tasks', 'during');
    await waitUntilHeld('tasks');
    await host.machine.must(`prlimit --pid ${pid} --nproc=4096:`);
    await handled('tasks', 'during');
    await handle('tasks', 'after');
    await expectOneRestartEach('tasks');
    expect(await mainPid()).toBe(pid);
  });

  it('the name of its database is gone: it is blind, says why, and goes on when it is back', async () => {
    await handle('dns', 'before');
    const before = (await host.events('monitor.sighted')).length;
    await host.machine.must(`sed -i '/${DATABASE_NAME}/d' /etc/hosts`);
    await host.killConnections();
    await raise('dns', 'during');
    const blinded = await host.waitForEvent('monitor.blinded', { count: before + 1, timeoutMs: 30_000 });
    expect(blinded.at(-1)?.detail).toMatch(new RegExp(`${DATABASE_NAME}.*(ENOTFOUND|EAI_AGAIN)`));
    expect(await startsOf(host, nameOf('dns', 'during'))).toEqual([]);
    await host.machine.must(`echo '127.0.0.1 ${DATABASE_NAME}' >>/etc/hosts`);
    await handled('dns', 'during');
    expect(await host.events('monitor.sighted')).toHaveLength(before + 1);
    await handle('dns', 'after');
    await expectOneRestartEach('dns');
  });

  it('its memory runs out: it ends, systemd starts it again, and it goes on', async () => {
    await handle('memory', 'before');
    const before = await lives();
    // The machine has no controller for memory: its own limit has the same end.
    const pid = await mainPid();
    await host.machine.must(`prlimit --pid ${pid} --as=1048576:`);
    await raise('memory', 'during');
    // What it does each second may fit into what it has already: so many sections do not.
    await host.machine.must(
      `cp ${CONFIG_FILE} /run/settings; seq 10000 | sed 's/.*/[process.more-&]/' >>${CONFIG_FILE}`,
    );
    await host.machine.sh(`systemctl reload ${UNIT}`);
    const hasEnded = async (): Promise<boolean> => (await mainPid()) !== pid;
    await host.machine.waitFor(hasEnded, { what: 'it to end for want of memory', timeoutMs: 60_000 });
    await host.machine.must(`cat /run/settings >${CONFIG_FILE}`);
    // Its own doing: not the watchdog's, which would end one that hangs. The journal is a moment behind.
    const told = async (words: RegExp): Promise<boolean> =>
      words.test(await host.machine.must(`journalctl -u ${UNIT} -o cat`));
    for (const words of [
      /out of memory|failed to allocate|allocation failed|bad_alloc/i,
      /Main process exited, code=(?:killed|dumped)/,
    ])
      await host.machine.waitFor(() => told(words), { what: `${words} in the journal` });
    expect(await told(/watchdog timeout/i)).toBe(false);
    await handled('memory', 'during');
    await handle('memory', 'after');
    await expectOneRestartEach('memory');
    expect(await lives()).toBeGreaterThan(before);
  });

  it('its directories are removed: it says so and goes on, and a restart of the service makes them anew', async () => {
    await host.machine.must(`systemctl stop ${UNIT}; umount ${STATE_DIRECTORY} ${LOG_DIRECTORY}`);
    await host.start();
    await host.waitForEvent('cycle.completed');
    await handle('gone', 'before');
    await host.machine.must(`rm -r ${RUN_DIRECTORY} ${LOG_DIRECTORY} ${STATE_DIRECTORY}`);
    await handle('gone', 'during');
    await waitUntilTold(`mkdir '${LOG_DIRECTORY}'`);
    await waitUntilTold(`mkdir '${STATE_DIRECTORY}'`);
    await waitUntilTold('Control socket is gone and cannot be made again');
    await host.machine.must(`systemctl restart ${UNIT}`);
    await handle('gone', 'after');
    for (const moment of MOMENTS) expect(await startsOf(host, nameOf('gone', moment))).toHaveLength(1);
    await host.machine.must(
      `test -S ${RUN_DIRECTORY}/control.sock && test -e ${STATE_FILE} && test -e ${LOG_DIRECTORY}/current.log`,
    );
  });
});
