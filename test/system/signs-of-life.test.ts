/** What systemd hears of the installed daemon, and that telling it starts no process. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { watchExecs } from './support/exec-watch.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';

const UNIT = 'process-monitor.service';
const DROP_IN = `/etc/systemd/system/${UNIT}.d/test.conf`;
const IMPATIENT = '[Service]\nWatchdogSec=3s\n';
const INTERPRETERS = ['/usr/bin/perl', '/usr/bin/python3', '/usr/local/bin/python3', '/usr/libexec/platform-python'];
const BARE = `${IMPATIENT}InaccessiblePaths=${INTERPRETERS.map((path) => `-${path}`).join(' ')}\n`;

describeOnMachine('signs of life to systemd', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    host = await bootMonitored({ name: 'signs' });
  });

  afterAll(() => host.machine.stop());

  /** Starts it anew with this drop-in. */
  async function start(dropIn: string): Promise<void> {
    await host.machine.write(DROP_IN, dropIn, 0o644);
    await host.machine.must(`systemctl daemon-reload; systemctl restart ${UNIT}`);
    await host.machine.waitFor(async () => (await host.show(UNIT, 'StatusText')) === 'watching', {
      what: 'the status at systemd',
      timeoutMs: 20_000,
    });
  }

  /** What it starts while systemd would three times have lost patience. */
  async function startedWhileIdle(): Promise<readonly string[]> {
    const before = Number(await host.show(UNIT, 'WatchdogTimestampMonotonic'));
    const watch = await watchExecs(host.machine, UNIT);
    await host.machine.must('sleep 9');
    const started = await watch.stop();
    expect(Number(await host.show(UNIT, 'WatchdogTimestampMonotonic'))).toBeGreaterThan(before);
    expect(await host.show(UNIT, 'NRestarts')).toBe('0');
    expect(await host.show(UNIT, 'ActiveState')).toBe('active');
    return started;
  }

  it('come from the monitor itself, which starts nothing while it is idle', async () => {
    await start(IMPATIENT);
    expect(await startedWhileIdle()).toEqual([]);
    const pid = await host.show(UNIT, 'MainPID');
    expect(await host.machine.must(`readlink /proc/${pid}/exe`)).toBe(process.execPath);
    expect(await host.machine.must(`tr '\\0' '\\n' </proc/${pid}/cmdline | head -n 1`)).toBe(process.execPath);
    expect(await host.machine.must(`ls -l /proc/${pid}/fd | grep -c 'socket:'`)).not.toBe('0');
  });

  it('are accepted from it alone', async () => {
    await start(`${IMPATIENT}NotifyAccess=main\n`);
    expect(await startedWhileIdle()).toEqual([]);
  });

  it('tell of the stop', async () => {
    await host.machine.must(`systemctl stop ${UNIT}`);
    expect(await host.show(UNIT, 'Result')).toBe('success');
  });

  it('are sent by systemd-notify where there is neither perl nor python', async () => {
    await start(BARE);
    const started = await startedWhileIdle();
    // One that has ended before it could be looked at has no name.
    const named = started.filter((line) => line !== 'gone');
    expect(named).not.toEqual([]);
    expect(named.filter((line) => !line.includes('systemd-notify'))).toEqual([]);
  });
});
