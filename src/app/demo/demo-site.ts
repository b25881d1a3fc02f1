/** Where the demo plays: a directory of its own with programs, settings, database, log and memory. */
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath, pid } from 'node:process';
import { SAMPLE_PROGRAM } from './sample-program.js';

export const SAMPLE_NAMES = ['shop', 'mailer', 'reports'] as const;
export type SampleName = (typeof SAMPLE_NAMES)[number];

/** One sample process: its name in the database is its key. */
export interface Sample {
  readonly name: SampleName;
  /** From 1, in the order of `SAMPLE_NAMES`. */
  readonly processId: number;
  /** First word of its command line, which nothing else on this host has. */
  readonly program: string;
  readonly startCommand: string;
  /** While it exists, the program is sick. */
  readonly sicknessFile: string;
  /** Without it the program does not start. */
  readonly licenceFile: string;
  /** The line of the settings that proves it well. */
  readonly healthCheck: string;
}

export interface DemoSite {
  readonly directory: string;
  readonly configFile: string;
  readonly databaseFile: string;
  readonly samples: Readonly<Record<SampleName, Sample>>;
}

/** Makes the directory; the caller removes it, also when `furnishSite` fails. */
export function makeSiteDirectory(): Promise<string> {
  // The path becomes part of names and of a socket's path, which bear neither blanks nor great length.
  const isPlain = /^(?:\/[\w@+][\w.@+-]*){1,8}$/.test(tmpdir()) && tmpdir().length <= 60;
  return mkdtemp(join(isPlain ? tmpdir() : '/tmp', 'process-monitor-demo-'));
}

/** Writes programs and settings. */
export async function furnishSite(directory: string): Promise<DemoSite> {
  const [httpPort, tcpPort] = await freePorts();
  const pidFile = join(directory, 'reports.pid');
  const script = join(directory, 'sample.mjs');
  const sample = (name: SampleName, role: string, healthCheck: string): Sample => {
    const program = join(directory, name);
    const sicknessFile = join(directory, `${name}.sick`);
    const licenceFile = join(directory, `${name}.licence`);
    const startCommand = [program, script, role, sicknessFile, licenceFile, pid].join(' ');
    const processId = SAMPLE_NAMES.indexOf(name) + 1;
    return { name, processId, program, startCommand, sicknessFile, licenceFile, healthCheck };
  };
  const samples = {
    shop: sample('shop', `http ${httpPort}`, `health_check_url = http://127.0.0.1:${httpPort}/`),
    mailer: sample('mailer', `tcp ${tcpPort}`, `health_check_port = ${tcpPort}`),
    reports: sample('reports', `file ${pidFile}`, `health_check_command = kill -0 "$(cat ${pidFile})"`),
  };
  const site = { directory, samples, configFile: join(directory, 'config.ini'), databaseFile: join(directory, 'db') };
  await writeFile(script, SAMPLE_PROGRAM);
  for (const { program, licenceFile } of Object.values(samples)) {
    await symlink(execPath, program);
    await writeFile(licenceFile, '');
  }
  await mkdir(join(directory, 'log'));
  await writeFile(site.configFile, settingsText(site), { mode: 0o600 });
  return site;
}

function settingsText({ directory, databaseFile, samples }: DemoSite): string {
  const sections = Object.values(samples).map(
    ({ name, program, startCommand, healthCheck }) =>
      `[process.${name}]\nsystem_name = ${program}\nstart_command = ${startCommand}\n${healthCheck}\n`,
  );
  return `[database]
engine = sqlite
path = ${databaseFile}

[monitor]
check_interval = 1
max_restart_failures = 2
circuit_reset_time = 5
restart_budget = 0
startup_grace = 0
shutdown_grace = 3
state_dir = ${directory}
run_directory = ${directory}

[logging]
directory = ${join(directory, 'log')}
console = off

[process.default]
restart_strategy = process
max_attempts = 1
stop_timeout = 1
health_check_timeout = 4
settle_time = 1
stable_time = 1

${sections.join('\n')}`;
}

/** Two different ports that nobody listens on. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(address !== null && typeof address === 'object' ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}
