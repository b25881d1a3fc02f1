/** The ways to log in at the database without the word in the settings, on the installed daemon; and a password that changes while it runs. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { grantUnits } from './support/grant-units.js';
import { MARIADB_SOCKET } from './support/machine-mariadb.js';
import {
  bootMonitored,
  CONFIG_FILE,
  LOG_DIRECTORY,
  SLEEPER,
  type MonitoredMachine,
} from './support/monitored-machine.js';

const BY_SOCKET = `socket = ${MARIADB_SOCKET}\nuser = process-monitor`;
const BY_TCP = 'host = 127.0.0.1\nuser = monitor';
const PASSWORD_FILE = '/etc/process_monitor/db_password';
const CREDENTIAL = '/etc/process_monitor/only-for-root';
const DROP_IN = 'process-monitor.service.d/credential.conf';
const NEW_PASSWORD = 'Eminescu#1850;y=z';

const settings = (login: string): string => `[database]
${login}
database = monitor
[monitor]
check_interval = 1
startup_grace = 0
[logging]
directory = ${LOG_DIRECTORY}
level = debug
[process.web]
restart_strategy = service
settle_time = 0
stable_time = 0
`;

describeOnMachine('the login at the database', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    host = await bootMonitored({ name: 'credentials', units: { 'web.service': SLEEPER } });
    await host.addProcesses(['web']);
    await host.sql(`CREATE USER 'process-monitor'@'localhost' IDENTIFIED VIA unix_socket;
      GRANT SELECT, UPDATE ON monitor.* TO 'process-monitor'@'localhost'`);
    // Like root's: nobody else may read it.
    await host.machine.write(CREDENTIAL, `${host.databasePassword}\n`, 0o600);
  });
  afterAll(() => host.machine.stop());

  const startWith = async (login: string): Promise<void> => {
    await host.machine.must('systemctl stop process-monitor');
    await host.machine.write(CONFIG_FILE, settings(login), 0o640);
    await grantUnits(host.machine);
    await host.start();
  };
  const handles = async (): Promise<void> => {
    const before = await host.show('web', 'InvocationID');
    await host.raise(1);
    await host.waitUntilClear(1, 60_000);
    expect(await host.show('web', 'InvocationID')).not.toBe(before);
  };

  it('is by the socket and the daemon’s own user, without any password; nobody else gets in that way', async () => {
    await startWith(BY_SOCKET);
    await handles();
    const other = await host.cli('config check --connect');
    expect(other.code).toBe(1);
    expect(other.stdout).toContain("Access denied for user 'process-monitor'@'localhost'");
  });

  it('is by a credential of systemd, from a file that only root can read', async () => {
    const drop = `[Service]\nLoadCredential=db_password:${CREDENTIAL}\n`;
    await host.machine.installUnit(DROP_IN, drop);
    await startWith(BY_TCP);
    await handles();
    for (const user of ['process-monitor', 'nobody']) {
      const reading = `setpriv --reuid=${user} --regid=process-monitor --clear-groups cat`;
      expect((await host.machine.sh(`${reading} ${CONFIG_FILE}`)).code).toBe(0);
      expect((await host.machine.sh(`${reading} ${CREDENTIAL}`)).code).not.toBe(0);
    }
    const copy = '/run/credentials/process-monitor.service/db_password';
    expect(await host.machine.must(`cat ${copy}`)).toBe(host.databasePassword);
    const asMember = 'setpriv --reuid=nobody --regid=process-monitor --clear-groups';
    expect((await host.machine.sh(`${asMember} cat ${copy}`)).code).not.toBe(0);
    await host.machine.must(`rm /etc/systemd/system/${DROP_IN} && systemctl daemon-reload`);
  });

  it('is by a password file, and a new password takes effect without a restart, with no alarm lost', async () => {
    await startWith(`${BY_TCP}\npassword_file = ${PASSWORD_FILE}`);
    await handles();
    const pid = await host.show('process-monitor', 'MainPID');
    const blindBefore = (await host.events('monitor.blinded')).length;

    await host.sql(`ALTER USER monitor@'%' IDENTIFIED BY '${NEW_PASSWORD}'`);
    await host.killConnections();
    await host.raise(1);
    await host.waitForEvent('monitor.blinded', { count: blindBefore + 1 });
    const before = await host.show('web', 'InvocationID');
    await host.machine.write(PASSWORD_FILE, `${NEW_PASSWORD}\n`, 0o640);
    await host.waitUntilClear(1, 90_000);
    expect(await host.show('web', 'InvocationID')).not.toBe(before);
    await handles();

    expect(await host.show('process-monitor', 'MainPID')).toBe(pid);
    expect(await host.show('process-monitor', 'NRestarts')).toBe('0');
    const [told] = (await host.events('monitor.blinded')).slice(blindBefore);
    expect(told?.detail).toContain('check user and password');
    const log = JSON.stringify(await host.log());
    for (const password of [host.databasePassword, NEW_PASSWORD]) expect(log).not.toContain(password);
  });

  it('goes on with the connections that are open while the password changes, and nobody notices', async () => {
    const blindBefore = (await host.events('monitor.blinded')).length;
    await host.machine.write(PASSWORD_FILE, `${host.databasePassword}\n`, 0o640);
    await host.sql(`ALTER USER monitor@'%' IDENTIFIED BY '${host.databasePassword}'`);
    await handles();
    await host.killConnections();
    await handles();
    expect(await host.events('monitor.blinded')).toHaveLength(blindBefore);
  });

  it('refuses a password file that everybody can read, and goes on with what it knows', async () => {
    await host.machine.must(`chmod 0644 ${PASSWORD_FILE}`);
    const refused = await host.cli('config check');
    expect(refused.code).toBe(78);
    expect(refused.stdout).toContain(PASSWORD_FILE);
    expect(refused.stdout).toContain('can be read by everybody');
    expect((await host.machine.sh('systemctl reload process-monitor')).code).not.toBe(0);
    await handles();
  });
});
