/** Others that bring a killed process back, each as a unit of the machine, with so many processes to keep. */
import { existsSync } from 'node:fs';
import type { BootedMachine } from '../system/support/booted-machine.js';

export interface Peer {
  readonly name: string;
  /** Beside the figures: what it does not do. */
  readonly what: string;
  /** Why it cannot be measured here; null: it can. */
  readonly obstacle: string | null;
  /** Starts it with that many processes. Gives the control group of each process, or of all in one. */
  start(machine: BootedMachine, count: number): Promise<readonly string[]>;
  stop(machine: BootedMachine, count: number): Promise<void>;
}

const DIRECTORY = '/opt/bench/peers';
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const unitGroups = (count: number): readonly string[] =>
  numbers(count).map((number) => `system.slice/bench-${number}.service`);
const unitNames = (count: number): string =>
  numbers(count)
    .map((number) => `bench-${number}`)
    .join(' ');

function installed(...files: readonly string[]): { readonly file: string; readonly obstacle: string | null } {
  const file = files.find((each) => existsSync(each));
  return { file: file ?? '', obstacle: file === undefined ? 'not installed' : null };
}

/** The drop-in is for all units of the benchmark. */
async function dropIn(machine: BootedMachine, text: string | null): Promise<void> {
  const file = 'bench-.service.d/peer.conf';
  if (text === null) await machine.must(`rm -f /etc/systemd/system/${file}; systemctl daemon-reload`);
  else await machine.installUnit(file, text);
}

const systemd: Peer = {
  name: 'systemd',
  what: 'systemd, Restart=always: running again, not verified',
  obstacle: null,
  start: async (machine, count) => {
    await dropIn(machine, '[Service]\nRestart=always\nRestartSec=0\n');
    return unitGroups(count);
  },
  stop: (machine) => dropIn(machine, null),
};

const monit: Peer = {
  name: 'Monit',
  what: 'Monit, a look each second, systemctl: running again, seen by its next look',
  obstacle: installed('/usr/bin/monit', '/usr/sbin/monit').obstacle,
  start: async (machine, count) => {
    await dropIn(machine, "[Service]\nExecStartPost=/bin/sh -c 'echo $MAINPID >/run/%N.pid'\n");
    await machine.must(`systemctl restart ${unitNames(count)}`, { timeoutMs: 60_000 });
    const checks = numbers(count).map(
      (number) => `check process bench-${number} with pidfile /run/bench-${number}.pid
  start program = "/usr/bin/systemctl restart bench-${number}"
  stop program = "/usr/bin/systemctl stop bench-${number}"`,
    );
    const files = `set logfile ${DIRECTORY}/monit.log\nset idfile ${DIRECTORY}/id\nset statefile ${DIRECTORY}/state`;
    await machine.write(`${DIRECTORY}/monitrc`, `set daemon 1\n${files}\n${checks.join('\n')}\n`, 0o600);
    await startUnit(machine, `${installed('/usr/bin/monit', '/usr/sbin/monit').file} -I -c ${DIRECTORY}/monitrc`);
    return unitGroups(count);
  },
  stop: async (machine, count) => {
    await stopUnit(machine);
    await dropIn(machine, null);
    await machine.must(`systemctl restart ${unitNames(count)}`, { timeoutMs: 60_000 });
  },
};

const supervisord: Peer = {
  name: 'supervisord',
  what: 'supervisord, its own children: running again, not verified',
  obstacle: installed('/usr/bin/supervisord', '/usr/local/bin/supervisord').obstacle,
  start: async (machine, count) => {
    const programs = numbers(count).map(
      (number) => `[program:sleep-${number}]\ncommand=/bin/sleep infinity\nautorestart=true\nstartretries=100\n`,
    );
    const head = `[supervisord]\nnodaemon=true\nlogfile=${DIRECTORY}/supervisord.log\npidfile=${DIRECTORY}/supervisord.pid\nchildlogdir=${DIRECTORY}\n`;
    await machine.write(`${DIRECTORY}/supervisord.conf`, `${head}\n${programs.join('\n')}`);
    const { file } = installed('/usr/bin/supervisord', '/usr/local/bin/supervisord');
    await startUnit(machine, `${file} -c ${DIRECTORY}/supervisord.conf`);
    return ['system.slice/peer.service'];
  },
  stop: stopUnit,
};

const PM2 = process.env['PM2'] ?? '/usr/local/bin/pm2';
const pm2: Peer = {
  name: 'PM2',
  what: 'PM2, its own children: running again, not verified',
  obstacle: installed(PM2, '/usr/bin/pm2').obstacle,
  start: async (machine, count) => {
    const apps = numbers(count).map((number) => ({
      ...{ name: `sleep-${number}`, script: '/bin/sleep', args: 'infinity', interpreter: 'none' },
      ...{ max_restarts: 10_000, out_file: '/dev/null', error_file: '/dev/null' },
    }));
    await machine.write(`${DIRECTORY}/apps.config.json`, JSON.stringify({ apps }));
    const { file } = installed(PM2, '/usr/bin/pm2');
    const environment = `PM2_HOME=${DIRECTORY}/pm2 PATH=/usr/bin:/bin`;
    await startUnit(
      machine,
      `${process.execPath} ${file}-runtime start ${DIRECTORY}/apps.config.json`,
      `Environment=${environment}`,
    );
    return ['system.slice/peer.service'];
  },
  stop: stopUnit,
};

export const PEERS: readonly Peer[] = [systemd, monit, supervisord, pm2];

async function startUnit(machine: BootedMachine, command: string, further = ''): Promise<void> {
  await machine.must(`mkdir -p ${DIRECTORY}`);
  await machine.installUnit('peer.service', `[Service]\nExecStart=${command}\nTimeoutStopSec=3\n${further}\n`);
  await machine.must('systemctl start peer');
}

async function stopUnit(machine: BootedMachine): Promise<void> {
  await machine.must(`systemctl kill -s KILL peer; systemctl stop peer; rm -rf ${DIRECTORY}`);
}
