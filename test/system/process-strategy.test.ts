/** The `process` strategy of a monitor that is root: exactly the right program is stopped, and the new one outlives the monitor. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';

const PROGRAMS = '/opt/programs';
const TRACES = '/run/traces';

/** Writes down each of its starts with its pid, then works on by a child, as most programs do. */
const WORKER = `#!/bin/sh
echo $$ >>${TRACES}/$(basename "$0")
sleep 1000
`;

/** Ignores TERM together with a child, a grandchild and one in a session of its own. */
const STUBBORN = `#!/bin/sh
trap '' TERM
echo $$ >>${TRACES}/stubborn
sh -c 'echo $$ >>${TRACES}/stubborn.family; sleep 1000; :' &
setsid sh -c 'echo $$ >>${TRACES}/stubborn.family; sleep 1000; :' &
while :; do sleep 1000; done
`;

const FURNISHED = `#!/bin/sh
echo "$(id -un) $(pwd) $GREETING" >${TRACES}/furnished.seen
echo $$ >>${TRACES}/furnished
exec sleep 1000
`;

const PROCESSES = `
[process.default]
restart_strategy = process
max_attempts = 1
settle_time = 1
health_check_timeout = 2
stable_time = 1

[process.main]
system_name = payment-gateway-main
start_command = ${PROGRAMS}/payment-gateway-main --port=8080

[process.stubborn]
start_command = ${PROGRAMS}/stubborn
stop_timeout = 1

[process.furnished]
start_command = ${PROGRAMS}/furnished
user = nobody
working_directory = /srv/app
environment = GREETING="bună ziua"

[process.absent]
start_command = ${PROGRAMS}/no-such-program --at all

[process.short-lived]
start_command = ${PROGRAMS}/short-lived
`;

const NAMES = ['main', 'stubborn', 'furnished', 'absent', 'short-lived'] as const;
const id = (name: (typeof NAMES)[number]): number => NAMES.indexOf(name) + 1;

describeOnMachine('the process strategy', () => {
  let host: MonitoredMachine;

  const startsOf = async (program: string): Promise<readonly number[]> =>
    (await host.machine.must(`cat ${TRACES}/${program} 2>/dev/null || :`)).split('\n').filter(Boolean).map(Number);
  const lastStartOf = async (program: string): Promise<number> => (await startsOf(program)).at(-1) ?? 0;
  const isAlive = async (pid: number): Promise<boolean> =>
    (await host.machine.sh(`grep -q '^State:.[^ZX]' /proc/${pid}/status`)).code === 0;
  const groupOf = (pid: number): Promise<string> => host.machine.must(`cat /proc/${pid}/cgroup`);
  /** As a person would start it: outside of every unit, with nobody waiting for it. */
  const launch = async (program: string): Promise<number> => {
    await host.machine.must(`setsid ${PROGRAMS}/${program} </dev/null >/dev/null 2>&1 &`);
    await host.machine.waitFor(async () => (await startsOf(program)).length > 0, { what: `${program} to start` });
    return lastStartOf(program);
  };

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'process',
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0',
      asRoot: true,
    });
    const { machine } = host;
    await machine.must(`mkdir -m 777 ${TRACES} && mkdir -p /srv/app && chown nobody /srv/app`);
    for (const name of ['payment-gateway-main', 'payment-gateway-other'])
      await machine.write(`${PROGRAMS}/${name}`, WORKER, 0o755);
    await machine.write(`${PROGRAMS}/stubborn`, STUBBORN, 0o755);
    await machine.write(`${PROGRAMS}/furnished`, FURNISHED, 0o755);
    await machine.write(`${PROGRAMS}/short-lived`, `#!/bin/sh\necho $$ >>${TRACES}/short-lived\nsleep 0.2\n`, 0o755);
    await host.addProcesses(NAMES);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('stops the right one of two programs whose names begin with the same 15 letters, and its children', async () => {
    const [meant, other] = [await launch('payment-gateway-main'), await launch('payment-gateway-other')];
    const names = await host.machine.must(`cat /proc/${meant}/comm /proc/${other}/comm`);
    expect(names).toBe('payment-gateway\npayment-gateway');
    const child = Number(await host.machine.must(`pgrep -P ${meant}`));
    await host.raise(id('main'));
    await host.waitUntilClear(id('main'));
    expect(await startsOf('payment-gateway-main')).toHaveLength(2);
    expect(await startsOf('payment-gateway-other')).toEqual([other]);
    expect(await Promise.all([meant, child, other].map(isAlive))).toEqual([false, false, true]);
    expect(await isAlive(await lastStartOf('payment-gateway-main'))).toBe(true);
  });

  it('lets what it has started live on when the monitor is restarted or killed, and finds it again', async () => {
    const pid = await lastStartOf('payment-gateway-main');
    expect(await groupOf(pid)).toMatch(/\/pm-payment-gateway-main-[0-9a-f]+\.service$/m);
    await host.machine.must('systemctl restart process-monitor');
    await host.machine.must('systemctl kill -s KILL process-monitor && systemctl restart process-monitor');
    expect(await isAlive(pid)).toBe(true);
    await host.raise(id('main'));
    await host.waitUntilClear(id('main'));
    expect(await isAlive(pid)).toBe(false);
    expect(await startsOf('payment-gateway-main')).toHaveLength(3);
    expect(await isAlive(await lastStartOf('payment-gateway-main'))).toBe(true);
    expect(await host.machine.must(`systemctl list-units --plain --no-legend 'pm-payment-gateway-main-*'`)).toMatch(
      /^[^\n]* active +running [^\n]*$/,
    );
  });

  it('kills one that ignores TERM after its stop_timeout, together with all that it has started', async () => {
    const pid = await launch('stubborn');
    await host.machine.waitFor(async () => (await startsOf('stubborn.family')).length === 2, { what: 'its family' });
    const family = await startsOf('stubborn.family');
    await host.raise(id('stubborn'));
    await host.waitUntilClear(id('stubborn'));
    expect(await Promise.all([pid, ...family].map(isAlive))).toEqual([false, false, false]);
    const [stop] = await host.events('command.ended', 'stubborn');
    expect(stop?.detail).toBe('ignored TERM for 1000 ms, ended by KILL');
    expect(stop?.durationMs).toBeGreaterThanOrEqual(1000);
    expect(await startsOf('stubborn')).toHaveLength(2);
    expect(await isAlive(await lastStartOf('stubborn'))).toBe(true);
  });

  it('starts one that does not run, as its user, in its directory and with its environment', async () => {
    await host.raise(id('furnished'));
    await host.waitUntilClear(id('furnished'));
    expect(await host.machine.read(`${TRACES}/furnished.seen`)).toBe('nobody /srv/app bună ziua\n');
    expect(await startsOf('furnished')).toHaveLength(1);
  });

  it('reports a missing executable as a failure, in that word', async () => {
    await host.raise(id('absent'));
    const [ended] = await host.waitForEvent('restart.ended', { processName: 'absent' });
    expect(ended).toMatchObject({ level: 'error', outcome: 'command_failed' });
    expect(ended?.detail).toContain(`missing executable: ${PROGRAMS}/no-such-program`);
    expect((await host.row(id('absent'))).alarma).toBe('1');
  });

  it('does not take one for well that ends soon after its start', async () => {
    await host.raise(id('short-lived'));
    const [ended] = await host.waitForEvent('restart.ended', { processName: 'short-lived' });
    expect(ended?.outcome).toBe('still_unhealthy');
    expect((await host.row(id('short-lived'))).alarma).toBe('1');
    expect((await startsOf('short-lived')).length).toBeGreaterThanOrEqual(1);
  });

  it('without systemd starts programs in sessions of their own, which live on when its one cycle is over', async () => {
    const { machine } = host;
    await machine.must('systemctl stop process-monitor');
    await host.configure({ processes: PROCESSES.replace('stable_time = 1', 'stable_time = 300') });
    const before = await lastStartOf('payment-gateway-main');
    await host.sql('UPDATE STATUS_PROCESS SET alarma = 0');
    await host.raise(id('main'));
    // Hides that systemd runs here, for this one monitor alone.
    const run = `unshare --mount sh -c 'mount -t tmpfs tmpfs /run/systemd && exec process-monitor run --once'`;
    await machine.must(run, { timeoutMs: 30_000 });
    expect((await host.row(id('main'))).alarma).toBe('0');
    const pid = await lastStartOf('payment-gateway-main');
    expect(pid).not.toBe(before);
    expect(await Promise.all([before, pid].map(isAlive))).toEqual([false, true]);
    expect(await machine.must(`ps -o ppid=,sid= -p ${pid}`)).toMatch(new RegExp(`^ +1 +${pid}$`));
    expect(await groupOf(pid)).not.toContain('pm-payment');
  });
});
