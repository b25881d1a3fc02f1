/** The daemon as root, where it was installed so: what only root can do, what it says of itself, and the way back. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture } from '../fixtures/fixture.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { PROJECT_DIRECTORY } from './support/machine.js';
import {
  bootMonitored,
  LOG_DIRECTORY,
  SLEEPER,
  STATE_FILE,
  type MonitoredMachine,
} from './support/monitored-machine.js';

const TRACES = '/run/traces';

const PROCESSES = `
[process.default]
restart_strategy = auto
settle_time = 0
stable_time = 0

[process.by-unit]

[process.by-name]
system_name = by-name-program
start_command = /usr/local/bin/by-name-program infinity

[process.leaving]
restart_strategy = custom
restart_command = ${fixture('leaves-a-daemon.sh')} ${TRACES}/left

[process.moving]
restart_strategy = custom
system_name = moving-program
restart_command = cd %d && pwd >${TRACES}/moved
health_check_command = test -e %d/served
`;
const NAMES = ['by-unit', 'by-name', 'leaving', 'moving'];
const id = (name: string): number => NAMES.indexOf(name) + 1;

describeOnMachine('the daemon that is root', () => {
  let host: MonitoredMachine;

  const isAlive = async (pid: string): Promise<boolean> =>
    (await host.machine.sh(`grep -q '^State:.[^ZX]' /proc/${pid}/status`)).code === 0;
  const userOfDaemon = async (): Promise<string> =>
    host.machine.must(`stat -c %U /proc/${await host.show('process-monitor', 'MainPID')}`);

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'root-mode',
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0',
      units: { 'by-unit.service': SLEEPER },
      asRoot: true,
    });
    await host.machine.must(`mkdir ${TRACES} && cp /bin/sleep /usr/local/bin/by-name-program`);
    await host.addProcesses(NAMES);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('says so once in its log, and config check says it too', async () => {
    expect(await userOfDaemon()).toBe('root');
    const warned = (await host.waitForEvent('monitor.warned')).filter(({ reason }) => reason === 'rights');
    expect(warned.map(({ level, message }) => [level, message])).toEqual([
      ['warn', expect.stringContaining('the monitor runs as root') as string],
    ]);
    expect((await host.cli('config check --connect')).stdout).toContain('the monitor runs as root');
  });

  it('restarts what is found with the auto strategy: a unit, or a program that no unit holds', async () => {
    await host.raise(id('by-unit'), id('by-name'));
    for (const name of ['by-unit', 'by-name']) await host.waitUntilClear(id(name));
    expect((await host.events('restart.attempted', 'by-name'))[0]?.detail).toContain('auto: no unit by-name-program');
    expect(await host.machine.must('pgrep -c -f "^/usr/local/bin/by-name-program infinity"')).toBe('1');
  });

  it('goes on by systemctl while there is no message bus, and tells of it once', async () => {
    const ways = async (): Promise<readonly string[]> =>
      (await host.events('unit_way.changed')).map(({ level, message }) => `${level}: ${message}`);
    const lost = 'warn: Units are reached by systemctl: the message bus does not answer';
    const restart = async (): Promise<void> => {
      await host.raise(id('by-unit'));
      await host.waitUntilClear(id('by-unit'));
    };
    await host.machine.must('systemctl stop dbus.socket dbus.service');
    await restart();
    await restart();
    expect(await ways()).toEqual([lost]);
    await host.machine.must('systemctl start dbus.socket');
    const isBack = async (): Promise<boolean> => {
      await restart();
      return (await ways()).length > 1;
    };
    await host.machine.waitFor(isBack, { what: 'the bus to be used again', everyMs: 2000 });
    await restart();
    expect(await ways()).toEqual([lost, 'info: Units are reached over D-Bus again: the message bus answers']);
  });

  it('runs commands in scopes of their own, so that a daemon which one leaves lives on without the monitor', async () => {
    await host.raise(id('leaving'));
    await host.waitUntilClear(id('leaving'));
    await host.machine.must(`touch ${TRACES}/left.go`);
    const hasPrinted = async (): Promise<boolean> => (await host.machine.sh(`test -e ${TRACES}/left`)).code === 0;
    await host.machine.waitFor(hasPrinted, { what: 'the daemon to have printed all it wanted' });
    const find = "pgrep -f '^sleep 1000$'";
    await host.machine.waitFor(async () => (await host.machine.sh(find)).code === 0, { what: 'what it does then' });
    const pid = await host.machine.must(find);
    await host.machine.must('systemctl restart process-monitor');
    expect(await isAlive(pid)).toBe(true);
  });

  it('finds the directory of a running program of any user where a command asks for it', async () => {
    await host.machine.must(
      'mkdir -p "/srv/an app" && touch "/srv/an app/served" && cp /bin/sleep /usr/local/bin/moving-program',
    );
    await host.machine.must('cd "/srv/an app" && setsid moving-program 1000 </dev/null >/dev/null 2>&1 &');
    await host.raise(id('moving'));
    await host.waitUntilClear(id('moving'));
    expect(await host.machine.read(`${TRACES}/moved`)).toBe('/srv/an app\n');
  });

  it('is given a user of its own by an upgrade that is told so, with its memory and its log', async () => {
    expect(await host.machine.must(`stat -c %U ${STATE_FILE} ${LOG_DIRECTORY}/current.log`)).toBe('root\nroot');
    const { length: linesBefore } = await host.log();
    const script = join(PROJECT_DIRECTORY, 'scripts/install.sh');
    await host.machine.must(`sh ${script} upgrade --unprivileged --node ${process.execPath}`, { timeoutMs: 60_000 });
    expect(await userOfDaemon()).toBe('process-monitor');
    expect(await host.machine.must(`find $(dirname ${STATE_FILE}) ${LOG_DIRECTORY} ! -user process-monitor`)).toBe('');
    const before = await host.show('by-unit', 'InvocationID');
    await host.raise(id('by-unit'));
    await host.waitUntilClear(id('by-unit'));
    expect(await host.show('by-unit', 'InvocationID')).not.toBe(before);
    const lines = (await host.log()).slice(linesBefore);
    expect(lines.map(({ event }) => event)).toContain('restart.ended');
    expect(lines.filter(({ reason }) => reason === 'rights')).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain('cannot be written');
  });

  it('then waits for the message bus where there is none, as its systemctl would need that too', async () => {
    const before = (await host.events('restart.ended', 'by-unit')).length;
    const told = (await host.events('unit_way.changed')).length;
    const toldSince = async (): Promise<readonly string[]> =>
      (await host.events('unit_way.changed')).slice(told).map(({ level, message }) => `${level}: ${message}`);
    await host.machine.must('systemctl stop dbus.socket dbus.service');
    await host.raise(id('by-unit'));
    const ended = await host.waitForEvent('restart.ended', { processName: 'by-unit', count: before + 1 });
    expect(ended.at(-1)).toMatchObject({ outcome: 'refused' });
    const lost = 'error: Units cannot be reached: the message bus no longer answers, and no other way does';
    expect(await toldSince()).toEqual([lost]);
    await host.machine.must('systemctl start dbus.socket');
    const back = 'info: Units are reached over D-Bus again: the message bus answers';
    const isBack = async (): Promise<boolean> => {
      await host.waitUntilClear(id('by-unit'));
      if ((await toldSince()).includes(back)) return true;
      await host.raise(id('by-unit'));
      return false;
    };
    await host.machine.waitFor(isBack, { what: 'the bus to be used again', timeoutMs: 60_000, everyMs: 2000 });
    // Its systemctl may find the bus before it tries that itself again.
    const sooner = 'warn: Units are reached by systemctl: the message bus does not answer';
    expect([[lost, back].join(), [lost, sooner, back].join()]).toContain((await toldSince()).join());
  });

  it('then refuses to start what would end with it, and names the way', async () => {
    await host.machine.must('pkill -x by-name-program; :');
    const { length: before } = await host.events('restart.ended', 'by-name');
    await host.raise(id('by-name'));
    const ended = await host.waitForEvent('restart.ended', { processName: 'by-name', count: before + 1 });
    expect(ended.at(-1)).toMatchObject({ outcome: 'refused' });
    expect(ended.at(-1)?.detail).toContain('process-monitor grant');
    expect((await host.machine.sh('pgrep -x by-name-program')).code).toBe(1);
  });

  it('leaves its files to the daemon where root uses the command while the daemon is stopped', async () => {
    await host.machine.must('systemctl stop process-monitor');
    expect((await host.machine.sh('test -e /run/process-monitor')).code).toBe(1);
    expect((await host.cli('breaker isolate by-unit')).code).toBe(0);
    expect((await host.cli('breaker reset by-unit')).code).toBe(0);
    expect((await host.cli('run --once')).code).toBe(0);
    expect(await host.machine.must(`find $(dirname ${STATE_FILE}) ${LOG_DIRECTORY} ! -user process-monitor`)).toBe('');
    await host.start();
    const before = await host.show('by-unit', 'InvocationID');
    await host.raise(id('by-unit'));
    await host.waitUntilClear(id('by-unit'));
    expect(await host.show('by-unit', 'InvocationID')).not.toBe(before);
    expect(await host.machine.must('stat -c %U /run/process-monitor /run/process-monitor/control.sock')).toBe(
      'process-monitor\nprocess-monitor',
    );
  });
});
