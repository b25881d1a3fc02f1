/** What every examiner is handed: the settings as far as they can be used, and the ways to ask this host. */
import { geteuid } from 'node:process';
import type { Finding } from '../../domain/finding.js';
import type { LoadedSettings } from '../../config/settings-from-text.js';
import type { Settings } from '../../config/settings.js';
import { createSystemPorts, wayOf, type SystemPorts } from '../system-ports.js';

export interface Answer {
  readonly exitCode: number;
  readonly output: string;
}

export interface DoctorContext {
  /** null: they cannot be used. */
  readonly settings: Settings | null;
  /** The file that was read, as it was named. */
  readonly configFile: string;
  /** Also runs the health checks that are commands. */
  readonly probes: boolean;
  readonly isRoot: boolean;
  readonly ports: SystemPorts;
  readonly signal: AbortSignal;
  /** Runs a program of this host that only looks; null: there is none, or it did not end in time. */
  readonly ask: (file: string, ...args: readonly string[]) => Promise<Answer | null>;
  /** The unit of the monitor as systemd shows it; null: systemd does not run here. */
  readonly unit: MonitorUnit | null;
}

/** Properties of `process-monitor.service` by name; `systemctl show` leaves out what it does not know. */
export type MonitorUnit = Readonly<Record<string, string>>;

/** Looks at one part of the installation. It may fail or hang: whoever runs it bounds it. */
export interface Examiner {
  readonly name: string;
  readonly run: (context: DoctorContext) => Promise<readonly Finding[]>;
}

export interface DoctorRequest {
  readonly loaded: LoadedSettings | null;
  readonly configFile: string;
  readonly probes: boolean;
}

export const MONITOR_UNIT = 'process-monitor.service';
const ASK_WITHIN_MS = 5000;
const PROPERTIES = [
  'LoadState',
  'UnitFileState',
  'ActiveState',
  'SubState',
  'Result',
  'User',
  'MainPID',
  'NRestarts',
  'FragmentPath',
  'NeedDaemonReload',
  'ExecMainStatus',
  'ExecMainStartTimestampMonotonic',
];

export async function createDoctorContext(request: DoctorRequest, signal: AbortSignal): Promise<DoctorContext> {
  const ports = createSystemPorts({ emit: () => undefined }, wayOf(request.loaded?.settings));
  const ask: DoctorContext['ask'] = async (file, ...args) => {
    const command = { file, args, environment: { LC_ALL: 'C' } };
    const result = await ports.runner.run(command, { timeoutMs: ASK_WITHIN_MS, signal });
    return result.kind === 'exited' ? { exitCode: result.exitCode, output: result.output } : null;
  };
  return {
    settings: request.loaded?.settings ?? null,
    configFile: request.configFile,
    probes: request.probes,
    isRoot: geteuid?.() === 0,
    ports,
    signal,
    ask,
    unit: await showUnit(ask, MONITOR_UNIT, PROPERTIES),
  };
}

/** null: systemd does not run here or does not answer. */
export async function showUnit(
  ask: DoctorContext['ask'],
  unit: string,
  properties: readonly string[],
): Promise<MonitorUnit | null> {
  const answer = await ask('systemctl', '--no-pager', 'show', `--property=${properties.join(',')}`, '--', unit);
  if (answer?.exitCode !== 0) return null;
  const pairs = answer.output.split('\n').flatMap((line) => {
    const at = line.indexOf('=');
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
  });
  return Object.fromEntries(pairs);
}
