/** Commands as operators really write them: quoted, hungry, loud, hanging, leaving daemons. Each ends, and in the right outcome. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture } from '../fixtures/fixture.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';

const TRACES = '/run/traces';
/** Copies of the fixtures: the sandbox may hide the place that these were checked out to. */
const PROGRAMS = '/opt/test-programs';
const GIBIBYTE = 2 ** 30;
/** What the daemon may grow by, whatever its commands print: V8 lets 64 MB of read buffers stand before it collects them. */
const MOST_GROWTH_KB = 96 * 1024;

/** Writes down one call: the variable MODE, then each argument on a line of its own. */
const RECORD = `#!/bin/sh
{ echo "MODE=$MODE"; printf '<%s>\\n' "$@"; } >>${TRACES}/recorded
`;

const PROCESSES = `
[process.default]
restart_strategy = custom
restart_command = false
max_attempts = 1
settle_time = 0
stable_time = 1
circuit_reset_time = 600

[process.quoted]
system_name = quoted-program
restart_command = env MODE=a=b=c ${TRACES}/record --level=3 "two  words" 'it is "so" = $HOME' %s "%s=x" 100%%

[process.reader]
restart_command = cat >${TRACES}/read.by-restart
pre_restart_command = wc -c >${TRACES}/read.by-pre-restart

[process.reader-too]
restart_command = while read -r line; do echo "$line"; done >${TRACES}/read.too

[process.loud]
restart_command = dd if=/dev/zero bs=1M count=1024 2>${TRACES}/loud.dd | tr '\\0' x; echo 'the end'

[process.hanging]
restart_command = ${PROGRAMS}/spawns-children.sh | tee ${TRACES}/hanging.pids
command_timeout = 4
max_restart_failures = 1

[process.hanging-before]
pre_restart_command = ${PROGRAMS}/ignores-sigterm.sh ${TRACES}/hanging-before.pid
restart_command = touch ${TRACES}/restarted-all-the-same
command_timeout = 3
max_restart_failures = 1

[process.leaving]
restart_command = ${PROGRAMS}/leaves-a-daemon.sh ${TRACES}/left

[process.failing]
restart_command = echo 'no such account' >&2; exit 3
max_restart_failures = 1

[process.absent]
restart_command = /opt/no/such/program --at all
max_restart_failures = 1
`;

const NAMES = [
  ...['quoted', 'reader', 'reader-too', 'loud', 'hanging', 'hanging-before'],
  ...['leaving', 'failing', 'absent'],
];
const id = (name: string): number => NAMES.indexOf(name) + 1;

describeOnMachine('a custom command', () => {
  let host: MonitoredMachine;

  const trace = (name: string): Promise<string> => host.machine.read(`${TRACES}/${name}`);
  const hasTrace = async (name: string): Promise<boolean> =>
    (await host.machine.sh(`test -e ${TRACES}/${name}`)).code === 0;
  const isAlive = async (pid: string): Promise<boolean> =>
    (await host.machine.sh(`grep -q '^State:.[^ZX]' /proc/${pid}/status`)).code === 0;
  /** A line of the daemon's /proc/PID/status, in kilobytes. */
  const memoryKb = async (what: 'VmRSS' | 'VmHWM'): Promise<number> => {
    const pid = await host.show('process-monitor', 'MainPID');
    return Number(await host.machine.must(`sed -n 's/^${what}:\\s*\\([0-9]*\\) kB/\\1/p' /proc/${pid}/status`));
  };
  const endOf = async (name: string, timeoutMs = 20_000) => {
    const [ended] = await host.waitForEvent('restart.ended', { processName: name, timeoutMs });
    if (ended === undefined) throw new Error(`no end of ${name}`);
    return ended;
  };

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'custom',
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0',
      writable: [TRACES],
    });
    await host.machine.must(`mkdir ${PROGRAMS} && cp ${fixture('')}/*.sh ${PROGRAMS}/`);
    await host.machine.write(`${TRACES}/record`, RECORD, 0o755);
    await host.addProcesses(NAMES);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('reaches the shell as it is written, with all its quotes and equals signs', async () => {
    await host.raise(id('quoted'));
    await host.waitUntilClear(id('quoted'));
    const words = ['--level=3', 'two  words', 'it is "so" = $HOME', 'quoted-program', 'quoted-program=x', '100%'];
    expect(await trace('recorded')).toBe(['MODE=a=b=c', ...words.map((word) => `<${word}>`), ''].join('\n'));
    expect((await endOf('quoted')).outcome).toBe('recovered');
  });

  it('that reads its input finds none, and takes no other row away', async () => {
    await host.raise(id('reader'), id('reader-too'), id('quoted'));
    for (const name of ['reader', 'reader-too', 'quoted']) await host.waitUntilClear(id(name));
    expect(await trace('read.by-pre-restart')).toBe('0\n');
    expect(await trace('read.by-restart')).toBe('');
    expect(await trace('read.too')).toBe('');
    expect((await endOf('reader')).durationMs).toBeLessThan(5_000);
  });

  it('that prints 1 GB does not make the daemon grow, and only the end of it is logged', async () => {
    const pid = await host.show('process-monitor', 'MainPID');
    // The highest mark is counted from now on.
    await host.machine.must(`echo 5 >/proc/${pid}/clear_refs`);
    const before = await memoryKb('VmRSS');
    await host.raise(id('loud'));
    await host.waitUntilClear(id('loud'), 60_000);
    expect(await trace('loud.dd')).toContain(`${GIBIBYTE} bytes`);
    expect((await memoryKb('VmHWM')) - before).toBeLessThan(MOST_GROWTH_KB);
    expect(await host.show('process-monitor', 'MainPID')).toBe(pid);
    const [command] = await host.events('command.ended', 'loud');
    expect(JSON.stringify(command)).toContain('xxxthe end"');
    expect(JSON.stringify(command).length).toBeLessThan(4_096);
  });

  it('that hangs is killed with all its children at its timeout, and counts as failed', async () => {
    await host.raise(id('hanging'));
    const ended = await endOf('hanging');
    expect(ended).toMatchObject({ outcome: 'command_failed', level: 'error' });
    expect(ended.detail).toContain('timed out and was killed with all its children');
    expect(ended.durationMs).toBeGreaterThanOrEqual(4_000);
    const pids = [...(await trace('hanging.pids')).matchAll(/^(\w+) (\d+)$/gm)];
    expect(pids.map(([, who]) => who).sort()).toEqual(['child', 'escaped', 'grandchild', 'self']);
    for (const [, who, pid = ''] of pids) expect(await isAlive(pid), who).toBe(false);
    expect((await host.row(id('hanging'))).alarma).toBe('1');
  });

  it('for before the restart that hangs and ignores TERM is killed too, and nothing is restarted', async () => {
    await host.raise(id('hanging-before'));
    const ended = await endOf('hanging-before');
    expect(ended.outcome).toBe('command_failed');
    expect(await isAlive((await trace('hanging-before.pid')).trim())).toBe(false);
    expect(await hasTrace('restarted-all-the-same')).toBe(false);
    expect((await host.events('command.ended', 'hanging-before')).map(({ level }) => level)).toEqual(['warn']);
    expect((await host.row(id('hanging-before'))).alarma).toBe('1');
  });

  it('that leaves a daemon holding its output is not waited for, and the daemon ends with the monitor', async () => {
    await host.raise(id('leaving'));
    await host.waitUntilClear(id('leaving'));
    expect((await endOf('leaving')).durationMs).toBeLessThan(5_000);
    await host.machine.must(`touch ${TRACES}/left.go`);
    await host.machine.waitFor(() => hasTrace('left'), { what: 'the daemon to have printed all it wanted' });
    const find = "pgrep -f '^sleep 1000$'";
    await host.machine.waitFor(async () => (await host.machine.sh(find)).code === 0, { what: 'what it does then' });
    const pid = await host.machine.must(find);
    expect(await isAlive(pid)).toBe(true);
    await host.machine.must('systemctl kill -s KILL --kill-whom=main process-monitor');
    await host.machine.waitFor(async () => !(await isAlive(pid)), { what: 'the daemon to end' });
    await host.waitForEvent('monitor.started', { count: 2 });
  });

  it('that fails, or is missing, leaves its alarm and says why', async () => {
    await host.raise(id('failing'), id('absent'));
    const [failing, absent] = [await endOf('failing'), await endOf('absent')];
    expect(failing).toMatchObject({ outcome: 'command_failed' });
    expect(failing.detail).toContain('exited 3');
    expect(absent).toMatchObject({ outcome: 'command_failed' });
    expect(absent.detail).toContain('missing executable');
    const [command] = await host.events('command.ended', 'failing');
    expect(JSON.stringify(command)).toContain('no such account');
    for (const name of ['failing', 'absent']) expect((await host.row(id(name))).alarma).toBe('1');
  });
});
