/** The monitor's own unit: installed, read, enabled, running, and of this version. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { argv } from 'node:process';
import { finding, type Finding } from '../../domain/finding.js';
import { shellCommand } from '../../domain/shell-word.js';
import { findDaemon } from '../find-daemon.js';
import { MONITOR_UNIT, type DoctorContext, type MonitorUnit } from './context.js';

const ABOUT = 'monitor';

export async function examineInstallation(context: DoctorContext): Promise<readonly Finding[]> {
  const { unit } = context;
  if (unit === null) return await examineDaemon(context);
  if (unit['LoadState'] === 'masked') return [unitText('problem', { remedy: `systemctl unmask ${MONITOR_UNIT}` })];
  if (unit['LoadState'] !== 'loaded')
    return [finding('warning', ABOUT, 'unit_missing'), ...(await examineDaemon(context))];
  return [...examineUnitFile(unit), ...examineState(unit), ...(await examineDaemon(context))];
}

function unitText(severity: Finding['severity'], values: { readonly remedy: string }): Finding {
  return finding(severity, ABOUT, 'unit_not_enabled', { state: 'masked', ...values });
}

function examineUnitFile(unit: MonitorUnit): readonly Finding[] {
  const state = unit['UnitFileState'] ?? '';
  const path = unit['FragmentPath'] ?? '';
  const isEnabled = state === 'enabled' || state === 'enabled-runtime' || state === 'static';
  const differs = isOtherVersion(path);
  return [
    ...(unit['NeedDaemonReload'] === 'yes'
      ? [finding('warning', ABOUT, 'unit_reload', { remedy: 'systemctl daemon-reload' })]
      : []),
    isEnabled
      ? finding('fine', ABOUT, 'unit_enabled')
      : finding('warning', ABOUT, 'unit_not_enabled', { state, remedy: `systemctl enable ${MONITOR_UNIT}` }),
    ...(differs === null
      ? []
      : [finding(differs ? 'warning' : 'fine', ABOUT, differs ? 'unit_differs' : 'unit_same', { path })]),
  ];
}

/** null: there is nothing to compare with. Node's path and the prefix are the installation's own. */
function isOtherVersion(path: string): boolean | null {
  try {
    const prefix = dirname(dirname(resolve(argv[1] ?? '')));
    const template = readFileSync(join(prefix, 'systemd', MONITOR_UNIT), 'utf8');
    const installed = readFileSync(path, 'utf8');
    const node = /^ExecReload=(\S+) /m.exec(installed)?.[1] ?? '';
    return template.replaceAll('@NODE@', node).replaceAll('@PREFIX@', prefix) !== installed;
  } catch {
    return null;
  }
}

function examineState(unit: MonitorUnit): readonly Finding[] {
  const findings: Finding[] = [];
  const restarts = Number(unit['NRestarts'] ?? 0);
  if (unit['ActiveState'] === 'failed') {
    const values = { result: unit['Result'] ?? '', code: unit['ExecMainStatus'] ?? '' };
    findings.push(
      finding('problem', ABOUT, 'daemon_failed', { ...values, remedy: `systemctl restart ${MONITOR_UNIT}` }),
    );
  } else if (unit['ActiveState'] !== 'active') {
    findings.push(finding('warning', ABOUT, 'daemon_stopped', { remedy: `systemctl start ${MONITOR_UNIT}` }));
  } else if (isOlder(unit)) {
    findings.push(finding('warning', ABOUT, 'daemon_older', { remedy: `systemctl restart ${MONITOR_UNIT}` }));
  }
  if (restarts > 0) findings.push(finding('warning', ABOUT, 'daemon_restarts', { count: restarts }));
  return findings;
}

/** The program was put in its place after the running monitor was started. */
function isOlder(unit: MonitorUnit): boolean {
  try {
    const pid = unit['MainPID'] ?? '';
    const startedMs = statSync(`/proc/${pid}`).ctimeMs;
    return statSync(resolve(argv[1] ?? '')).ctimeMs > startedMs;
  } catch {
    return false;
  }
}

/** As its control socket tells. */
async function examineDaemon({ settings, ports }: DoctorContext): Promise<readonly Finding[]> {
  if (settings === null) return [finding('skipped', ABOUT, 'needs_settings')];
  const daemon = await findDaemon(settings, ports.clock);
  switch (daemon.kind) {
    case 'running':
      return daemon.blindSinceMs === null
        ? [finding('fine', ABOUT, 'daemon_runs', { pid: daemon.pid ?? '?' })]
        : [finding('warning', ABOUT, 'daemon_blind')];
    case 'unknown':
      return [finding('skipped', ABOUT, 'daemon_mute', { detail: daemon.detail })];
    case 'not_running':
      return [];
  }
}

/** A line that ends one program, for a person who has looked at it. */
export function endProgram(pid: number): string | null {
  return shellCommand('kill', '-TERM', String(pid));
}
