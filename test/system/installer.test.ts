/** The installer on a real machine: the unit it makes runs, upgrades keep what is the operator's, two restarters are refused. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BootedMachine } from './support/booted-machine.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMachine, PROJECT_DIRECTORY } from './support/machine.js';
import type { RunResult } from './support/run-program.js';

const CONFIG = `[database]
engine = sqlite
path = /var/lib/process-monitor/alarms.db

[monitor]
check_interval = 1
`;

describeOnMachine('the installer', () => {
  let machine: BootedMachine;

  beforeAll(async () => {
    machine = await bootMachine({ name: 'installer' });
  });
  afterAll(() => machine.stop());

  function install(words = ''): Promise<RunResult> {
    const script = join(PROJECT_DIRECTORY, 'scripts/install.sh');
    return machine.sh(`sh ${script} --node ${process.execPath} ${words}`, { timeoutMs: 60_000 });
  }

  function show(property: string): Promise<string> {
    return machine.must(`systemctl show -p ${property} --value process-monitor`);
  }

  it('refuses while the bash monitor is active, and says what to do', async () => {
    await machine.installUnit('monitor_service.service', '[Service]\nExecStart=/bin/sleep infinity\n');
    await machine.must('systemctl start monitor_service');
    const refused = await install();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('systemctl disable --now monitor_service.service');
    expect((await machine.sh('test -e /opt/process-monitor')).code).toBe(1);
    await machine.must('systemctl stop monitor_service');
  });

  it('makes a unit that starts, says that it is ready, and owns its directories', async () => {
    expect(await install()).toMatchObject({ code: 0 });
    expect(await machine.must('stat -c "%a %U:%G" /etc/process_monitor')).toBe('750 root:process-monitor');
    expect(await machine.must('stat -c "%a %U:%G" /etc/process_monitor/config.ini')).toBe('640 root:process-monitor');
    await machine.write('/etc/process_monitor/config.ini', CONFIG, 0o640);
    await machine.must('systemctl enable --now process-monitor');
    expect(await show('ActiveState')).toBe('active');
    const own = '750 process-monitor:process-monitor';
    expect(
      await machine.must('stat -c "%a %U:%G" /run/process-monitor /var/lib/process-monitor /var/log/process-monitor'),
    ).toBe([own, own, own].join('\n'));
    expect(await machine.must('process-monitor grant --check && echo in step')).toContain('in step');
    await machine.waitFor(async () => (await show('StatusText')) === 'watching', { what: 'its status' });
    expect((await machine.sh('process-monitor status')).code).toBe(0);
  });

  it('keeps the configuration at an upgrade, and puts the new program to work', async () => {
    const before = await show('MainPID');
    expect(await install('upgrade')).toMatchObject({ code: 0 });
    expect(await machine.read('/etc/process_monitor/config.ini')).toBe(CONFIG);
    expect(await show('ActiveState')).toBe('active');
    expect(await show('MainPID')).not.toBe(before);
  });

  it('takes over an installation that ran as root: its memory, its log, its settings and its password', async () => {
    await machine.must('systemctl stop process-monitor');
    await machine.must('chown -R root:root /var/lib/process-monitor /var/log/process-monitor /etc/process_monitor');
    await machine.write('/etc/process_monitor/db_password', 'secret\n', 0o600);
    await machine.must('chmod 0600 /etc/process_monitor/config.ini');
    const unit = '/etc/systemd/system/process-monitor.service';
    await machine.must(
      `sed -i -e '/^[A-Z][A-Za-z]*=/{/^\\(Private\\|Protect\\|Capability\\|User\\|Group\\|NoNew\\)/d}' ${unit}`,
    );
    await machine.must('systemctl daemon-reload && systemctl start process-monitor');
    expect(await machine.must(`stat -c %U /proc/${await show('MainPID')}`)).toBe('root');
    expect(await install('upgrade')).toMatchObject({ code: 0 });
    expect(await machine.must(`stat -c %U /proc/${await show('MainPID')}`)).toBe('process-monitor');
    const places = '/var/lib/process-monitor /var/log/process-monitor';
    expect(await machine.must(`find ${places} ! -user process-monitor -o ! -group process-monitor`)).toBe('');
    const shared = 'cd /etc/process_monitor && stat -c "%a %U:%G" . config.ini db_password';
    expect(await machine.must(shared)).toBe(
      ['750', '640', '640'].map((mode) => `${mode} root:process-monitor`).join('\n'),
    );
    expect((await machine.sh('process-monitor status')).code).toBe(0);
  });

  it("changes nothing where the settings name a password that the daemon's own user may not read", async () => {
    const before = await show('MainPID');
    await machine.write('/etc/db_password', 'secret\n', 0o600);
    const settings =
      '[database]\nhost = 127.0.0.1\nuser = monitor\ndatabase = monitor\npassword_file = /etc/db_password\n';
    await machine.write('/etc/process_monitor/config.ini', settings, 0o640);
    const refused = await install('upgrade');
    expect(refused.code).toBe(1);
    expect(refused.stdout + refused.stderr).toContain('/etc/db_password');
    expect(await show('MainPID')).toBe(before);
  });

  it('changes nothing where the new program does not accept the configuration', async () => {
    const before = await show('MainPID');
    await machine.write('/etc/process_monitor/config.ini', `${CONFIG}check_intervall = 2\n`, 0o640);
    const refused = await install('upgrade');
    expect(refused.code).toBe(1);
    expect(refused.stdout + refused.stderr).toContain('check_interval?');
    expect(await show('MainPID')).toBe(before);
  });

  it('lets systemd start it again after a crash, and not with a bad configuration', async () => {
    await machine.must('systemctl kill --signal=KILL process-monitor');
    const hasFailed = async (): Promise<boolean> => (await show('ActiveState')) === 'failed';
    await machine.waitFor(hasFailed, { what: 'the unit to fail', timeoutMs: 30_000 });
    expect(await show('ExecMainStatus')).toBe('78');
    expect(await show('NRestarts')).toBe('1');
  });

  it('removes what it has made, and at last what the operator owns', async () => {
    expect(await install('uninstall')).toMatchObject({ code: 0 });
    expect(await show('LoadState')).toBe('not-found');
    await machine.must('test ! -e /opt/process-monitor && test ! -e /usr/local/bin/process-monitor');
    await machine.must('test -e /etc/process_monitor/config.ini && getent passwd process-monitor');
    expect(await install('uninstall --purge')).toMatchObject({ code: 0 });
    await machine.must('test ! -e /etc/process_monitor && test ! -e /var/lib/process-monitor');
    expect((await machine.sh('getent passwd process-monitor')).code).not.toBe(0);
  });
});
