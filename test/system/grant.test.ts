/** What the settings name, granted: units, programs and commands in units of their own; and what has drifted or is taken away. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, SLEEPER, type MonitoredMachine } from './support/monitored-machine.js';

const RULE = '/etc/polkit-1/rules.d/50-process-monitor.rules';
const UNITS = '/etc/systemd/system';
const ODD = '/opt/odd/odd worker.sh';
const ODD_ARGUMENTS = ['50%', '$HOME', 'a"b', "it's", 'back\\slash', '%n', ';', 'două cuvinte', ''];
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const PROCESSES = `
[process.default]
max_attempts = 1
settle_time = 0
stable_time = 0
health_check_timeout = 2

[process.unit]
restart_strategy = service

[process.odd worker]
restart_strategy = process
system_name = /opt/odd/odd-worker
start_command = ${[quoted(ODD), ...ODD_ARGUMENTS.map(quoted)].join(' ')}
user = games
working_directory = /srv/100%
environment = GREETING="bună 5% $HOME"
memory_max = 64M
open_files = 128

[process.taken]
restart_strategy = process
start_command = /opt/odd/taken --serve
user = daemon

[process.good]
restart_strategy = custom
restart_command = echo "$(id -un) 100%% %s" >/run/good.seen
pre_restart_command = id -un >/tmp/good.before
command_user = root

[process.bad]
restart_strategy = custom
restart_command = exit 7
command_user = games
`;

const NAMES = ['unit', 'odd worker', 'taken', 'good', 'bad'];
const id = (name: string): number => NAMES.indexOf(name) + 1;

describeOnMachine('grant', () => {
  let host: MonitoredMachine;
  const mainPid = async (unit: string): Promise<number> => Number(await host.show(unit, 'MainPID'));

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'grant',
      units: { 'unit.service': SLEEPER },
    });
    const { machine } = host;
    await machine.write(
      ODD,
      '#!/bin/sh\nprintf "%s\\n" "$GREETING" "$(pwd)" "$@" >/tmp/odd.seen\nexec sleep 1000\n',
      0o755,
    );
    await machine.write('/opt/odd/taken', '#!/bin/sh\nsleep 1000\n', 0o755);
    await machine.must("mkdir -p '/srv/100%'");
    await host.configure({ processes: PROCESSES, monitor: 'mass_alarm_percent = 0' });
    await host.addProcesses(NAMES);
    await host.start();
  });
  afterAll(() => host[Symbol.asyncDispose]());

  it('has a unit restarted by the daemon that is nobody', async () => {
    expect(await host.show('process-monitor', 'User')).toBe('process-monitor');
    const before = await host.show('unit.service', 'InvocationID');
    await host.raise(id('unit'));
    await host.waitUntilClear(id('unit'));
    expect(await host.show('unit.service', 'InvocationID')).not.toBe(before);
  });

  it('has a program started in a unit of its own, with exactly what its section says', async () => {
    await host.raise(id('odd worker'));
    await host.waitUntilClear(id('odd worker'));
    const unit = 'pm-odd:20worker.service';
    let seen = '';
    const hasWritten = async (): Promise<boolean> => {
      seen = await host.machine.must(`cat /proc/$(systemctl show -p MainPID --value -- ${unit})/root/tmp/odd.seen`);
      return seen !== '';
    };
    await host.machine.waitFor(hasWritten, { what: 'the program to write down what it sees' });
    expect(seen.split('\n')).toEqual(['bună 5% $HOME', '/srv/100%', ...ODD_ARGUMENTS]);
    expect(await host.show(unit, 'User')).toBe('games');
    expect(await host.show(unit, 'MemoryMax')).toBe(`${64 * 1024 ** 2}`);
    expect(await host.show(unit, 'LimitNOFILE')).toBe('128');
    // What systemd does not understand in a file it tells with the file's line.
    expect(await host.machine.must("journalctl --no-pager _PID=1 | grep -E '/pm-.*service:[0-9]+:' || :")).toBe('');
  });

  it('has a program that runs outside of its unit stopped, and restarted in it', async () => {
    const { machine } = host;
    await machine.must(
      'setsid setpriv --reuid=daemon --clear-groups /opt/odd/taken --serve </dev/null >/dev/null 2>&1 &',
    );
    const find = "pgrep -f -o '^/bin/sh /opt/odd/taken'";
    await machine.waitFor(async () => (await machine.sh(find)).code === 0, { what: 'the program to run' });
    const foreign = await machine.must(find);
    await host.raise(id('taken'));
    await host.waitUntilClear(id('taken'));
    expect((await machine.sh(`kill -0 ${foreign}`)).code).not.toBe(0);
    const first = await mainPid('pm-taken.service');
    expect(first).toBeGreaterThan(0);
    await host.raise(id('taken'));
    await host.waitUntilClear(id('taken'));
    expect(await mainPid('pm-taken.service')).not.toBe(first);
    expect((await machine.must("pgrep -f '^/bin/sh /opt/odd/taken'")).split('\n')).toHaveLength(1);
  });

  it('has commands run as the user of their section, and knows how they ended', async () => {
    await host.raise(id('good'), id('bad'));
    await host.waitUntilClear(id('good'));
    expect(await host.machine.read('/run/good.seen')).toBe('root 100% good\n');
    expect(await host.machine.read('/tmp/good.before')).toBe('root\n');
    const [ended] = await host.waitForEvent('restart.ended', { processName: 'bad' });
    expect(ended).toMatchObject({ outcome: 'command_failed', detail: 'restart_command exited 7' });
  });

  it('is in step after it has run, and sees what has been changed since', async () => {
    const { machine } = host;
    expect(await host.cli('grant --check')).toMatchObject({ code: 0 });
    expect((await host.cli('grant')).stdout).toContain('every file was right already');
    expect(await machine.must('tail -n 1 /var/log/process-monitor/audit.log')).toMatch(
      /"what":"grant".*unit\.service: restart/,
    );
    await machine.must(`sed -i s/restart/start/ ${RULE}`);
    await machine.must(`rm ${UNITS}/pm-taken.service`);
    const drifted = await host.cli('grant --check');
    expect(drifted.code).toBe(1);
    expect(drifted.stdout).toContain(RULE);
    expect(drifted.stdout).toContain('pm-taken.service');
    expect((await host.cli('config check --connect')).stdout).toContain('run `process-monitor grant`');
    expect(await host.cli('grant')).toMatchObject({ code: 0 });
    expect(await host.cli('grant --check')).toMatchObject({ code: 0 });
  });

  it('refuses what the monitor could change itself, a link in its place, and somebody else’s file; the rest it grants', async () => {
    const { machine } = host;
    await machine.must('chown process-monitor /opt/odd/taken');
    await machine.must(
      `rm ${UNITS}/pm-cmd@bad-restart.service && ln -s /etc/passwd ${UNITS}/pm-cmd@bad-restart.service`,
    );
    await machine.must(`printf '[Unit]\\n' >${UNITS}/pm-cmd@good-restart.service`);
    const result = await host.cli('grant');
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('could change what pm-taken.service runs: /opt/odd/taken belongs to that user');
    expect(result.stdout).toContain('pm-cmd@bad-restart.service is a symbolic link');
    expect(result.stdout).toContain('pm-cmd@good-restart.service was not written by process-monitor grant');
    expect(await machine.read(`${UNITS}/pm-cmd@good-restart.service`)).toBe('[Unit]\n');
    expect(await machine.read(RULE)).not.toContain('pm-taken.service');
    expect(await machine.read(RULE)).toContain('unit.service');
  });

  it('takes everything of ours away, and nothing else', async () => {
    const { machine } = host;
    expect((await host.cli('grant --remove')).stdout).toContain(`removed: ${RULE}`);
    const left = await machine.must(`ls ${UNITS}/pm-* ${UNITS}/process-monitor.service.d/* ${RULE} 2>/dev/null || :`);
    expect(left.split('\n').sort()).toEqual([
      `${UNITS}/pm-cmd@bad-restart.service`,
      `${UNITS}/pm-cmd@good-restart.service`,
    ]);
    const asMonitor = 'setpriv --reuid=process-monitor --regid=process-monitor --clear-groups systemctl restart unit';
    const isRefused = async (): Promise<boolean> => (await machine.sh(asMonitor)).code !== 0;
    await machine.waitFor(isRefused, { what: 'polkit to have read that the rule is gone' });
  });
});
