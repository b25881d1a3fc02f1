/** The installed daemon, as its own user, among files that others have planted or could write: refused, by their path. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import {
  bootMonitored,
  CONFIG_FILE,
  LOG_DIRECTORY,
  STATE_FILE,
  type MonitoredMachine,
} from './support/monitored-machine.js';

describeOnMachine('files that others could have written', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    host = await bootMonitored({ name: 'trust' });
  });

  afterAll(() => host.machine.stop());

  const journal = (): Promise<string> => host.machine.must('journalctl -u process-monitor -o cat');
  const isTold = (text: string): Promise<void> =>
    host.machine.waitFor(async () => (await journal()).includes(text), { what: text });

  it.each([
    ['chmod 0666', CONFIG_FILE, 'chmod 0640', 'can be written by others (mode 0666)'],
    ['chmod 0777', '/etc/process_monitor', 'chmod 0755', 'can be written by others (mode 0777)'],
    ['chown nobody', CONFIG_FILE, 'chown root', 'belongs to user 65534, neither to root nor to us'],
    ['chmod 0622', '/etc/process_monitor/db_password', 'chmod 0640', 'can be written by others (mode 0622)'],
  ])('keep it from starting: %s %s', async (spoil, path, mend, told) => {
    await host.machine.must(`${spoil} ${path}`);
    expect((await host.machine.sh('systemctl start process-monitor')).code).not.toBe(0);
    expect(await host.show('process-monitor', 'ExecMainStatus')).toBe('78');
    await isTold(told);
    expect(await journal()).toContain(path);
    await host.machine.must(`${mend} ${path}; systemctl reset-failed process-monitor`);
  });

  it('are neither read for its memory nor written for its log', async () => {
    await host.machine.must(`mkdir -p ${LOG_DIRECTORY} /var/lib/process-monitor; echo untouched >/root/victim`);
    await host.machine.must(
      `ln -s /root/victim ${STATE_FILE}; ln -s /root/victim ${LOG_DIRECTORY}/process-monitor.9.log`,
    );
    await host.start();
    await isTold(`${LOG_DIRECTORY}/process-monitor.9.log is a symbolic link`);
    await isTold(`${STATE_FILE} is a symbolic link`);
    await host.machine.must(`rm ${LOG_DIRECTORY}/process-monitor.9.log`);
    await host.waitForEvent('cycle.completed');
    expect(await host.machine.read('/root/victim')).toBe('untouched\n');
  });
});
