/** A dry run says of every row what would be done and why, and changes nothing: no row, no file, no unit, no program. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { invocations } from './support/footprints.js';
import {
  bootMonitored,
  LOG_DIRECTORY,
  SLEEPER,
  STATE_FILE,
  type LogLine,
  type MonitoredMachine,
} from './support/monitored-machine.js';

const TRACES = '/run/traces';
const FAILING = '[Service]\nExecStart=/bin/false\n';

const PROCESSES = `
[process.unit]
restart_strategy = service

[process.unit-again]
restart_strategy = service
system_name = unit

[process.found]
restart_strategy = auto

[process.program]
restart_strategy = process
system_name = dry-program
start_command = /usr/local/bin/dry-program 2000
stable_time = 0

[process.command]
restart_strategy = custom
restart_command = touch ${TRACES}/done-by-%s
pre_restart_command = touch ${TRACES}/before

[process.off]
enabled = no

[process.careful]
restart_strategy = service
dry_run = yes

[process.sshd]
restart_strategy = service

[process.broken]
restart_strategy = service
max_attempts = 1
max_restart_failures = 1

[process.owing]
restart_strategy = service
settle_time = 0

[process.cut-off]
restart_strategy = custom
restart_command = touch ${TRACES}/cut-off; sleep 1000
max_attempts = 1
command_timeout = 5
settle_time = 0
health_check_timeout = 1
`;

const LISTED = ['unit', 'unit-again', 'found', 'program', 'command', 'off', 'careful', 'sshd', 'broken', 'owing'];
const NAMES = [...LISTED, 'cut-off', 'stranger', '--help', 'muted'];
const id = (name: string): number => NAMES.indexOf(name) + 1;
const ORPHAN = 99;

/** What is said of each row; the breaker's wait grows shorter. */
const SAID = {
  unit: ['dry_run', 'dry run, would do: restart unit unit.service by systemd'],
  'unit-again': ['dry_run', 'dry run, would do: restart unit unit.service by systemd'],
  found: ['dry_run', 'dry run, would do: restart unit found.service by systemd'],
  program: [
    'dry_run',
    'dry run, would do: stop the running program dry-program, if any, and start: /usr/local/bin/dry-program 2000',
  ],
  command: ['dry_run', `dry run, would do: run restart_command: touch ${TRACES}/done-by-%s`],
  off: ['disabled', 'disabled in the settings'],
  careful: ['dry_run', 'dry run, would do: restart unit careful.service by systemd'],
  sshd: ['protected', 'protected: sshd is protected; allow_protected = yes in its section lifts this'],
  broken: ['breaker_open', 'breaker open, next trial in #'],
  owing: ['owes_write_back', 'already handled, its write-back is still owed'],
  'cut-off': ['in_progress', 'a restart of it is in progress'],
  stranger: ['unlisted', 'no config section for it'],
  '--help': ['invalid_name', 'the row cannot be used: not the name of a unit or program'],
  [`row ${ORPHAN}`]: ['orphan', 'no process belongs to this row'],
};

describeOnMachine('run --once --dry-run', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    const units = Object.fromEntries(['unit', 'found', 'careful', 'owing'].map((name) => [`${name}.service`, SLEEPER]));
    host = await bootMonitored({
      name: 'dry-run',
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0',
      writable: [TRACES],
      units: { ...units, 'broken.service': FAILING },
    });
    const { machine } = host;
    await machine.must(`cp /bin/sleep /usr/local/bin/dry-program && systemctl start found careful`);
    await machine.must('setsid dry-program 1000 </dev/null >/dev/null 2>&1 &');
    await host.addProcesses(NAMES);
    await leaveThingsUnfinished();
    await host.raise(...NAMES.map(id));
    await host.sql(`UPDATE STATUS_PROCESS SET sound = 1 WHERE process_id = ${id('muted')};
      INSERT INTO STATUS_PROCESS VALUES (${ORPHAN}, 1, 0, 'orphan')`);
  });

  afterAll(() => host.machine.stop());

  /** A real run that ends with an open breaker, a debt, and a handling cut off in the middle. */
  const leaveThingsUnfinished = async (): Promise<void> => {
    const { machine } = host;
    await host.raise(id('broken'), id('owing'), id('cut-off'));
    // An alarm may be claimed, but not be cleared.
    await host.sql(`
DELIMITER //
CREATE TRIGGER locked BEFORE UPDATE ON STATUS_PROCESS FOR EACH ROW
  IF NEW.alarma = 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'locked'; END IF//
DELIMITER ;`);
    await host.start();
    await host.waitForEvent('breaker.changed', { processName: 'broken' });
    await host.waitForEvent('write_back.owed', { processName: 'owing' });
    const isBegun = async (): Promise<boolean> => (await machine.sh(`test -e ${TRACES}/cut-off`)).code === 0;
    await machine.waitFor(isBegun, { what: 'a handling to be under way' });
    await machine.must('systemctl kill --signal=KILL process-monitor; systemctl stop process-monitor');
    await machine.must(`rm ${TRACES}/cut-off`);
    await host.sql('DROP TRIGGER locked');
  };

  /** Everything that a monitor can change. */
  const footprint = async (): Promise<unknown> => {
    const { machine } = host;
    const files = `${LOG_DIRECTORY} ${STATE_FILE} $(dirname ${STATE_FILE}) /run/process-monitor ${TRACES}`;
    const dump = 'mariadb-dump --no-defaults --socket=/run/mysqld/mysqld.sock --skip-dump-date --databases monitor';
    return {
      database: await machine.must(dump),
      files: await machine.must(`find ${files} -printf '%p %i %s %T@ %C@\\n' 2>/dev/null | sort`),
      memory: await machine.read(STATE_FILE),
      units: await invocations(machine),
      programs: await machine.must('pgrep -a dry-program'),
      jobs: await machine.must('systemctl list-jobs --no-legend; systemctl list-units --all --no-legend "pm-*"'),
    };
  };

  const said = async (): Promise<Readonly<Record<string, readonly (string | undefined)[]>>> => {
    const { code, stdout, stderr } = await host.cli('run --once --dry-run');
    expect(code).toBe(0);
    const lines = `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
    const skipped = lines.filter(({ event }) => event === 'alarm.skipped');
    return Object.fromEntries(
      skipped.map(({ processName, processId, reason, detail }) => [
        processName ?? `row ${processId ?? 'NULL'}`,
        [reason, detail?.replace(/(?<=next trial in ).*/, '#')],
      ]),
    );
  };

  it('says of each row what would be done and why, the same each time, and changes nothing', async () => {
    const before = await footprint();
    expect(await said()).toEqual(SAID);
    expect(await said()).toEqual(SAID);
    expect(await footprint()).toEqual(before);
  });

  it('says what a run without it then does', async () => {
    const before = await invocations(host.machine);
    const { code } = await host.cli('run --once');
    // What was cut off is looked at until its own time is over, and is not found well.
    expect(code).toBe(3);
    const after = await invocations(host.machine);
    const isRestarted = (name: string): boolean => before[`${name}.service`] !== after[`${name}.service`];
    expect(['unit', 'found', 'careful', 'broken', 'owing'].filter(isRestarted)).toEqual(['unit', 'found']);
    expect(await host.machine.must(`ls ${TRACES}`)).toBe('before\ndone-by-command');
    const cleared = await host.sql(
      'SELECT process_name FROM PROCESE JOIN STATUS_PROCESS USING (process_id) WHERE alarma = 0',
    );
    expect(cleared.flat().sort()).toEqual(['command', 'found', 'owing', 'program', 'unit', 'unit-again']);
  });

  it('keeps out of the way of a daemon that runs', async () => {
    await host.sql('UPDATE STATUS_PROCESS SET alarma = 0');
    await host.start();
    const told = (await host.events('alarm.skipped', 'careful')).length;
    await host.raise(id('careful'), id('--help'));
    await host.waitForEvent('alarm.skipped', { processName: 'careful', count: told + 1 });
    const life = async (): Promise<unknown> => ({
      pid: await host.show('process-monitor', 'MainPID'),
      socket: await host.machine.must('stat -c %i /run/process-monitor/control.sock'),
      others: (await host.log()).filter(({ event }) => event !== 'cycle.completed').length,
    });
    const before = await life();
    expect(Object.keys(await said()).sort()).toEqual(['--help', 'careful']);
    expect(await life()).toEqual(before);
  });
});
