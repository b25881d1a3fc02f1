/** A configuration full of mistakes: all are told at once, and systemd does not start the monitor again and again for them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, CONFIG_FILE, type MonitoredMachine } from './support/monitored-machine.js';

const BAD_CONFIGURATION = 78;

/** Every line of the file, and what is to be said of it. */
const LINES: readonly (readonly [line: string, told?: string])[] = [
  ['; twelve different mistakes'],
  ['[database]'],
  ['host = 127.0.0.1'],
  ['port = 70000', "[database] port: not allowed; found '70000'; allowed: a whole number, 1 to 65535"],
  ['user = monitor'],
  ['password_file = /etc/process_monitor/db_password'],
  ['database = monitor'],
  [''],
  ['[monitor]'],
  ['check_intervall = 1', '[monitor] check_intervall: unknown key; did you mean check_interval?'],
  ['check_interval = 1'],
  ['check_interval = 2', '[monitor] check_interval: stands twice in this section, first in line 11'],
  ['max_parallel_restarts = many', "[monitor] max_parallel_restarts: not allowed; found 'many'"],
  ['startup_grace = -1', "[monitor] startup_grace: not allowed; found '-1'"],
  [''],
  ['[loging]', '[loging] unknown section; did you mean [logging]?'],
  ['format = json'],
  [''],
  ['[logging]'],
  ['level = loud', "[logging] level: not allowed; found 'loud'; allowed: one of"],
  [''],
  ['[process.web]'],
  ['restart_strategy = restart', "[process.web] restart_strategy: not allowed; found 'restart'; allowed: one of auto,"],
  ['health_check_url = web.example', '[process.web] health_check_url: not allowed'],
  [''],
  ['[process.worker]'],
  ['restart_strategy = custom', '[process.worker] restart_strategy: custom needs a restart_command'],
  ['user name', "[process.worker] no '=' in this line"],
  [''],
  ['[process.web]', 'section [process.web] stands twice, first in line 22'],
];
const TOLD = LINES.flatMap(([, told], index) => (told === undefined ? [] : [`${CONFIG_FILE}:${index + 1}: ${told}`]));

describeOnMachine('a configuration with twelve mistakes', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    host = await bootMonitored({ name: 'configuration' });
    await host.machine.write(CONFIG_FILE, LINES.map(([line]) => `${line}\n`).join(''), 0o640);
  });

  afterAll(() => host.machine.stop());

  /** The messages that name a line of the file, each no longer than what is expected of it. */
  const told = (output: string): readonly string[] =>
    [...output.matchAll(new RegExp(`${CONFIG_FILE}:\\d+: .*`, 'g'))].map(([message], index) =>
      message.slice(0, TOLD[index]?.length),
    );

  it.each(['config check', '--config-test'])('is told whole, line by line, by %s, which exits 78', async (command) => {
    const { code, stdout, stderr } = await host.cli(command);
    expect(TOLD).toHaveLength(12);
    expect(told(stdout + stderr)).toEqual(TOLD);
    expect(code).toBe(BAD_CONFIGURATION);
  });

  it('keeps the daemon from starting, once and not in a loop, and stands in the journal', async () => {
    expect((await host.machine.sh('systemctl start process-monitor')).code).not.toBe(0);
    const state = ['ActiveState', 'SubState', 'ExecMainStatus', 'NRestarts'];
    // Anything that is to be started again would be activating (auto-restart).
    expect(await Promise.all(state.map((property) => host.show('process-monitor', property)))).toEqual([
      'failed',
      'failed',
      `${BAD_CONFIGURATION}`,
      '0',
    ]);
    const isWritten = async (): Promise<boolean> => (await journal()).includes(TOLD.at(-1) ?? '');
    await host.machine.waitFor(isWritten, { what: 'the last mistake in the journal' });
    expect(told(await journal())).toEqual(TOLD);
  });

  it('does no harm: once it is mended the daemon starts', async () => {
    await host.configure({});
    expect((await host.cli('config check')).code).toBe(0);
    await host.start();
    await host.waitForEvent('cycle.completed');
    expect(await host.show('process-monitor', 'NRestarts')).toBe('0');
  });

  it('is reloaded by systemctl reload, which says so only once the change is in force', async () => {
    const main = await host.show('process-monitor', 'MainPID');
    await host.configure({ monitor: 'max_parallel_restarts = 3' });
    await host.machine.must('systemctl reload process-monitor');
    // Written by then: nothing is waited for.
    expect(JSON.stringify(await host.events('settings.reloaded'))).toContain('monitor.max_parallel_restarts = 3');
    expect(await host.show('process-monitor', 'MainPID')).toBe(main);
  });

  it('makes systemctl reload fail while it has a mistake, and changes nothing', async () => {
    const settings = await host.machine.read(CONFIG_FILE);
    await host.machine.write(CONFIG_FILE, settings.replace('restarts = 3', 'restarts = 0'), 0o640);
    expect((await host.machine.sh('systemctl reload process-monitor')).code).not.toBe(0);
    expect(JSON.stringify(await host.events('settings.refused'))).toContain('[monitor] max_parallel_restarts');
    expect(await host.events('settings.reloaded')).toHaveLength(1);
    const cycles = (await host.events('cycle.completed')).length;
    await host.waitForEvent('cycle.completed', { count: cycles + 1 });
    expect(await host.show('process-monitor', 'ActiveState')).toBe('active');
  });

  const journal = (): Promise<string> => host.machine.must('journalctl -u process-monitor -o cat');
});
