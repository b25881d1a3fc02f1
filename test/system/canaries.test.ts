/**
 * Secrets are planted wherever a password can be, the whole program is driven through everything that could tell one,
 * and then everything is searched. One more text is planted where it is documented as shown: the search must find that.
 */
import { execPath } from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Canaries } from './support/canaries.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { grantUnits } from './support/grant-units.js';
import {
  bootMonitored,
  CONFIG_FILE,
  LOG_DIRECTORY,
  SLEEPER,
  type MonitoredMachine,
} from './support/monitored-machine.js';

const PASSWORD_FILE = '/etc/process_monitor/db_password';
const CREDENTIALS = '/etc/process_monitor/credentials';
const ENVIRONMENT_FILE = '/etc/process_monitor/environment';
const REFUSED_FILE = '/etc/process_monitor/refused.ini';
const DROP_IN = '/etc/systemd/system/process-monitor.service.d/canary.conf';
const TRACES = '/run/traces';
const USAGE = 2;
const NAMES = ['good', 'noisy', 'unprepared', 'custom'];
const id = (name: string): number => NAMES.indexOf(name) + 1;

/** Tells all that it was given: its environment, its arguments, and those of whoever started it. */
const TELLTALE = `#!/bin/sh
echo "$0 $*"
env | tee ${TRACES}/environment.$$
tr '\\0' ' ' </proc/$$/cmdline
tr '\\0' ' ' </proc/$PPID/cmdline
echo "password: $MONITOR_DB_PASSWORD, credentials: $CREDENTIALS_DIRECTORY" >&2
exit 1
`;

/** In the place of a program of the system, which it becomes. */
const wrapper = (program: string): string => `#!/bin/sh
{ echo "$0 $*"; env; } 2>/dev/null >${TRACES}/${program}.$$
exec /usr/bin/${program} "$@"
`;

/** Then each message to systemd goes by a program, and what that is handed can be looked at. */
const NO_LINE = ['/usr/bin/perl', '/usr/bin/python3', '/usr/local/bin/python3', '/usr/libexec/platform-python']
  .map((path) => `InaccessiblePaths=-${path}`)
  .join('\n');

/** Prints what the monitor says to a request, word for word. */
const ASK = `const [path, command] = process.argv.slice(1);
const socket = require("node:net").connect(path, () => socket.write(JSON.stringify({ command, target: "good" }) + "\\n"));
socket.once("data", (text) => { console.log(String(text)); socket.destroy(); });`;

const COMMANDS = [
  ...['config show', 'config show --json', 'config check', 'config check --json'],
  ...['config check --connect', 'config check --connect --json', 'status', 'status --json'],
  ...['explain noisy', 'explain noisy --json', 'match noisy', 'alarm list', 'alarm list --json', 'breaker list'],
  ...['restart good', 'grant --dry-run', 'migrate --print', 'run --once --dry-run', 'doctor', 'doctor --json'],
];

/** Those that read the login in ways of their own: tried with every place that it may stand in. */
const TALKERS = ['config show --json', 'config check --connect', 'status', 'doctor'];

describeOnMachine('a secret', () => {
  let host: MonitoredMachine;
  let canaries: Canaries;
  let handled = 0;

  const settings = (login: string): string => `[database]
host = 127.0.0.1
user = monitor
database = monitor
${login}
[monitor]
check_interval = 1
startup_grace = 0
mass_alarm_percent = 0
restart_budget = 0
unit_manager = systemctl
[logging]
directory = ${LOG_DIRECTORY}
level = debug
[process.default]
settle_time = 0
stable_time = 1
max_attempts = 1
max_restart_failures = 1000
health_check_timeout = 1
restart_budget = 0
restart_strategy = service
environment = SHOWN=${canaries.text('shown')}
[process.good]
[process.noisy]
health_check_command = /opt/telltale health
[process.unprepared]
pre_restart_command = /opt/telltale pre
[process.custom]
restart_strategy = custom
restart_command = /opt/telltale restart
`;

  beforeAll(async () => {
    const units = Object.fromEntries(['good', 'noisy', 'unprepared'].map((name) => [`${name}.service`, SLEEPER]));
    host = await bootMonitored({ name: 'canaries', units, writable: [TRACES] });
    const { machine } = host;
    canaries = new Canaries(machine);
    await host.addProcesses(NAMES);
    await machine.must(`chmod 1777 ${TRACES}`);
    await machine.write('/opt/telltale', TELLTALE, 0o755);
    for (const program of ['systemctl', 'systemd-notify'])
      await machine.write(`/usr/local/sbin/${program}`, wrapper(program), 0o755);
  });
  afterAll(() => host.machine.stop());

  const setPassword = (text: string): Promise<unknown> => host.sql(`ALTER USER monitor@'%' IDENTIFIED BY '${text}'`);
  /** Readable for the daemon. */
  const plant = async (file: string, text: string): Promise<void> => {
    await host.machine.write(file, text, 0o640);
    await host.machine.must(`chgrp process-monitor ${file}`);
  };
  const start = async (login: string, dropIn = ''): Promise<void> => {
    await host.machine.must('systemctl stop process-monitor');
    await plant(CONFIG_FILE, settings(login));
    await host.machine.write(DROP_IN, `[Service]\n${NO_LINE}\n${dropIn}\n`);
    await host.machine.must('systemctl daemon-reload');
    await grantUnits(host.machine);
    await host.start();
  };
  /** One alarm for each process, three of which fail loudly; then, the first time, every command. `login`: how a person hands the password over. */
  const drive = async (login = ''): Promise<void> => {
    handled += 1;
    await host.raise(...NAMES.map(id));
    for (const name of NAMES)
      await host.waitForEvent('restart.ended', { processName: name, count: handled, timeoutMs: 60_000 });
    await host.sql('UPDATE STATUS_PROCESS SET alarma = 0');
    for (const command of handled === 1 ? COMMANDS : TALKERS) {
      const { code, stderr } = await canaries.run(`${login} process-monitor ${command}`);
      // Else it would have told nothing because there is no such command.
      expect({ command, code, stderr }).not.toMatchObject({ code: USAGE });
    }
    await canaries.run('systemctl show process-monitor');
    const main = await host.show('process-monitor', 'MainPID');
    for (const request of ['ping', 'reload', 'restart'])
      await canaries.run(`${execPath} -e '${ASK}' $(find /run/process-monitor -type s) ${request}`);
    // Beside the daemon itself, whose own environment is one of the places that it may be planted in.
    const others = `for one in /proc/[0-9]*; do [ $one = /proc/${main} ] || cat $one/cmdline $one/environ; done 2>/dev/null; true`;
    canaries.hear('the processes', await host.machine.must(`${others}; cat /proc/${main}/cmdline`));
    await canaries.run('systemctl status --full --lines=1000 process-monitor');
  };

  it('in a password file is used, also a new one, in trouble and in a crash', async () => {
    await setPassword(canaries.text('file'));
    await plant(PASSWORD_FILE, `${canaries.text('file')}\n`);
    await start(`password_file = ${PASSWORD_FILE}`);
    await drive();
    const blind = (await host.events('monitor.blinded')).length;
    await setPassword(canaries.text('changed'));
    await host.killConnections();
    await host.waitForEvent('monitor.blinded', { count: blind + 1, timeoutMs: 30_000 });
    await canaries.run('process-monitor config check --connect');
    await canaries.run('process-monitor status');
    await plant(PASSWORD_FILE, `${canaries.text('changed')}\n`);
    await canaries.run('systemctl reload process-monitor');
    await host.waitForEvent('monitor.sighted', { timeoutMs: 60_000 });
    const pid = await host.show('process-monitor', 'MainPID');
    await host.machine.must('systemctl kill --kill-who=main --signal=ABRT process-monitor');
    await host.machine.waitFor(async () => !['0', pid].includes(await host.show('process-monitor', 'MainPID')), {
      what: 'the daemon to be started again',
      timeoutMs: 30_000,
    });
    await drive();
  });

  it('in a credential is used', async () => {
    await setPassword(canaries.text('credential'));
    await host.machine.write(`${CREDENTIALS}/db_password`, `${canaries.text('credential')}\n`, 0o600);
    await start('', `LoadCredential=db_password:${CREDENTIALS}/db_password`);
    await drive(`CREDENTIALS_DIRECTORY=${CREDENTIALS}`);
  });

  it('in the environment is used, and handed on to nothing that the monitor runs', async () => {
    await setPassword(canaries.text('environment'));
    await host.machine.write(ENVIRONMENT_FILE, `MONITOR_DB_PASSWORD=${canaries.text('environment')}\n`, 0o600);
    await start('', `EnvironmentFile=${ENVIRONMENT_FILE}`);
    await drive(`set -a; . ${ENVIRONMENT_FILE}; set +a;`);
  });

  it('in the settings is used, and not told by mistakes beside it', async () => {
    await setPassword(canaries.text('settings'));
    await start(`password = ${canaries.text('settings')}`);
    await drive();
    const url = `http://someone:${canaries.text('url')}@127.0.0.1/`;
    const spoilt = `${settings(`passwrod = ${canaries.text('misspelt')}`)}\nhealth_check_url = ${url}\n[self_recovery]\ndead_man_url = ${url}\n`;
    await plant(REFUSED_FILE, spoilt);
    for (const command of ['config check', 'config check --json', 'config show', 'run --once', 'status'])
      expect((await canaries.run(`process-monitor --config ${REFUSED_FILE} ${command}`)).code).toBe(78);
  });

  it('is nowhere else: not in what was printed, logged, kept, handed on or left behind', async () => {
    await host.machine.must('systemctl stop process-monitor');
    canaries.hear('the journal', await host.machine.must('journalctl --no-pager --all --output=export'));
    const cores = await host.machine.must(
      "find / -ignore_readdir_race -xdev -type f \\( -name 'core' -o -name 'core.*' \\) -newer /opt/telltale",
      { timeoutMs: 100_000 },
    );
    expect(cores).toBe('');
    const planted = [PASSWORD_FILE, `${CREDENTIALS}/db_password`, ENVIRONMENT_FILE, REFUSED_FILE, CONFIG_FILE];
    const seen = await canaries.search(planted);
    expect(seen.filter(({ name }) => name !== 'shown')).toEqual([]);

    const shown = seen.filter(({ name }) => name === 'shown').map(({ place }) => place);
    expect(shown).toContain(' process-monitor config show --json');
    expect(shown).toContainEqual(expect.stringContaining(`${LOG_DIRECTORY}/process-monitor.`));
    expect(shown).toContainEqual(expect.stringContaining(`${TRACES}/environment.`));
    expect(canaries.said('process-monitor -type s').filter((text) => /"(?:ok|prove)"/.test(text))).toHaveLength(15);
    const traces = await host.machine.must(`cat ${TRACES}/systemctl.* ${TRACES}/systemd-notify.*`);
    for (const word of ['STATUS=watching', 'restart', 'show']) expect(traces.includes(word)).toBe(true);
  });
});
