/** A second daemon on a test machine: a unit of its own with settings, memory, log and socket of its own, for the same rows. */
import { CONFIG_FILE, LOG_DIRECTORY, logLines, type LogLine, type MonitoredMachine } from './monitored-machine.js';

const NAME = 'process-monitor-b';
const SECOND_CONFIG_FILE = '/etc/process_monitor/b.ini';

/** One of the two, as tests watch it. */
export class Daemon {
  readonly unit: string;
  /** Where it finds the database server: its own address of the machine, which can be taken away. */
  readonly serverAddress: string;
  readonly #host: MonitoredMachine;

  constructor(host: MonitoredMachine, unit: string, serverAddress: string) {
    this.#host = host;
    this.unit = unit;
    this.serverAddress = serverAddress;
  }

  start(): Promise<string> {
    return this.#host.machine.must(`systemctl start ${this.unit}`);
  }

  /** To the daemon itself. Gives the time just before, milliseconds since the epoch. */
  async signal(name: 'KILL' | 'STOP' | 'CONT'): Promise<number> {
    const beforeMs = Date.now();
    await this.#host.machine.must(`systemctl kill -s ${name} --kill-whom=main ${this.unit}`);
    return beforeMs;
  }

  /** From now on nothing it sends reaches the server, nor the other way round, and neither is told. Gives the time as `signal`. */
  async cut(): Promise<number> {
    const beforeMs = Date.now();
    await this.#host.machine.must(`ip address del ${this.serverAddress}/32 dev lo`);
    return beforeMs;
  }

  async mend(): Promise<void> {
    await this.#host.machine.must(`ip address add ${this.serverAddress}/32 dev lo`);
  }

  pid(): Promise<string> {
    return this.#host.show(this.unit, 'MainPID');
  }

  async log(): Promise<readonly LogLine[]> {
    const { stdout } = await this.#host.machine.sh(`cat ${logDirectory(this.unit)}/process-monitor.*.log 2>/dev/null`);
    return logLines(stdout);
  }

  /** The first line at or after `sinceMs` that `isIt`; waits for it. */
  async waitForLine(what: string, sinceMs: number, isIt: (line: LogLine) => boolean): Promise<LogLine> {
    let found: LogLine | undefined;
    const isThere = async (): Promise<boolean> => {
      found = (await this.log()).find((line) => timeOf(line) >= sinceMs && isIt(line));
      return found !== undefined;
    };
    await this.#host.machine.waitFor(isThere, { what: `${this.unit} to log ${what}`, timeoutMs: 30_000, everyMs: 100 });
    if (found === undefined) throw new Error(what);
    return found;
  }
}

/** Milliseconds since the epoch. */
export function timeOf({ timestamp }: LogLine): number {
  return Date.parse(timestamp);
}

/**
 * Makes the second daemon as unprivileged as the installed one, with the settings of that; starts neither. A kill is the end of
 * either until the test starts it again, and no watchdog ends one that is frozen.
 */
export async function addSecondDaemon(host: MonitoredMachine): Promise<readonly [Daemon, Daemon]> {
  const { machine } = host;
  const first = new Daemon(host, 'process-monitor', '10.99.0.1');
  const second = new Daemon(host, NAME, '10.99.0.2');
  const settings = await machine.read(CONFIG_FILE);
  const [firstSettings, secondSettings] = [first, second].map(({ serverAddress }) =>
    settings.replace('host = 127.0.0.1', `host = ${serverAddress}`),
  );
  await machine.write(CONFIG_FILE, firstSettings ?? '', 0o640);
  await machine.write(SECOND_CONFIG_FILE, ownPlaces(secondSettings ?? ''), 0o640);
  await machine.must(`chgrp process-monitor ${CONFIG_FILE} ${SECOND_CONFIG_FILE}`);
  const unit = await machine.read('/etc/systemd/system/process-monitor.service');
  const alone = '[Service]\nRestart=no\nWatchdogSec=0\n';
  await machine.installUnits({
    [`${NAME}.service`]: unit
      .replace(/^(ExecStart=.* run)$/m, `$1 --config ${SECOND_CONFIG_FILE}`)
      .replaceAll(/^((?:State|Logs|Runtime)Directory)=process-monitor$/gm, `$1=${NAME}`),
    'process-monitor.service.d/alone.conf': alone,
    [`${NAME}.service.d/alone.conf`]: alone,
  });
  await machine.must("sed -i 's/^bind-address=.*/bind-address=0.0.0.0/' /etc/mysql/test-machine.cnf");
  await machine.must('systemctl restart mariadb');
  await first.mend();
  await second.mend();
  return [first, second];
}

function ownPlaces(settings: string): string {
  return settings
    .replace('[monitor]', `[monitor]\nstate_dir = /var/lib/${NAME}\nrun_directory = /run/${NAME}`)
    .replace(LOG_DIRECTORY, logDirectory(NAME));
}

function logDirectory(unit: string): string {
  return `/var/log/${unit}`;
}
