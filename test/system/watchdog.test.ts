/** A monitor that hangs, or is stopped in its tracks: systemd ends it and starts it anew, and what was begun is settled. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit, startsOf } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';

const NAMES = ['blocked', 'stopped', 'after'];
const id = (name: string): number => NAMES.indexOf(name) + 1;
const DROP_IN = '/etc/systemd/system/process-monitor.service.d/test.conf';
const BLOCKER = '/usr/local/lib/blocker.mjs';
const BLOCK = '/run/process-monitor/block';

/** Loaded into the monitor: once its mark is there, the event loop stands still for much longer than the watchdog waits. */
const BLOCKER_TEXT = `import { existsSync, unlinkSync } from 'node:fs';
setInterval(() => {
  if (!existsSync('${BLOCK}')) return;
  unlinkSync('${BLOCK}');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 70_000);
}, 50).unref();
`;

/** As installed, with less patience: a minute would be a long test. */
const IMPATIENT = `[Service]
WatchdogSec=5s
RestartSec=200ms
Environment=NODE_OPTIONS=--import=${BLOCKER}
`;

// Each has a section of its own: only such are granted.
const PROCESSES = `[process.default]\nrestart_strategy = service\nsettle_time = 6\nstable_time = 60\n
${NAMES.map((name) => `[process.${name}]`).join('\n')}\n`;

describeOnMachine('the watchdog of systemd', () => {
  let host: MonitoredMachine;

  const daemon = (property: string): Promise<string> => host.show('process-monitor', property);

  beforeAll(async () => {
    const units = Object.fromEntries(NAMES.map((name) => [`${name}.service`, countedUnit()]));
    host = await bootMonitored({ name: 'watchdog', units, processes: PROCESSES });
    await host.addProcesses(NAMES);
    await host.machine.write(BLOCKER, BLOCKER_TEXT, 0o644);
    await host.machine.write(DROP_IN, IMPATIENT, 0o644);
    await host.machine.must('systemctl daemon-reload');
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('is set to a minute in the unit as it is installed', async () => {
    expect(await host.machine.must('grep ^WatchdogSec= /etc/systemd/system/process-monitor.service')).toBe(
      'WatchdogSec=60s',
    );
  });

  it('leaves a monitor alone whose database is away for much longer', async () => {
    await host.machine.must('systemctl stop mariadb 2>/dev/null || kill -STOP $(pidof mariadbd)');
    await host.waitForEvent('monitor.blinded');
    const before = await daemon('NRestarts');
    const beats = (await host.log()).length;
    await host.machine.must('sleep 12');
    await host.machine.must('systemctl start mariadb 2>/dev/null || kill -CONT $(pidof mariadbd)');
    await host.waitForEvent('monitor.sighted');
    expect(await daemon('NRestarts')).toBe(before);
    expect((await host.log()).length).toBeGreaterThan(beats);
  });

  it.each([
    ['blocked', `touch ${BLOCK}`],
    ['stopped', 'systemctl kill -s STOP --kill-whom=main process-monitor'],
  ])('starts a %s monitor anew, which settles what it was at without a second restart', async (name, halt) => {
    const restarts = Number(await daemon('NRestarts'));
    await host.raise(id(name));
    await host.waitForEvent('restart.attempted', { processName: name });
    await host.machine.must(halt);
    await host.machine.waitFor(async () => Number(await daemon('NRestarts')) > restarts, {
      what: 'systemd to start the monitor anew',
      timeoutMs: 30_000,
    });
    await host.waitUntilClear(id(name), 30_000);
    expect(await startsOf(host, name)).toHaveLength(1);
    expect(await host.events('handling.resumed', name)).toHaveLength(1);
    expect(await host.machine.must('journalctl -u process-monitor -o cat')).toContain('Watchdog timeout');
  });

  it('has left a monitor that works as before', async () => {
    await host.raise(id('after'));
    await host.waitUntilClear(id('after'));
    expect(await startsOf(host, 'after')).toHaveLength(1);
    expect(await daemon('StatusText')).toMatch(/^watching/);
  });
});
