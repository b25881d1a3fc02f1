/** Each process that has a section: its unit, its programs, its user, its places. */
import { lstatSync } from 'node:fs';
import { finding, type Finding } from '../../domain/finding.js';
import type { ProcessPolicy } from '../../domain/process-policy.js';
import { shellCommand } from '../../domain/shell-word.js';
import type { UnitState } from '../../domain/unit-state.js';
import { QUESTION_TIMEOUT_MS } from '../../engine/deps.js';
import { inspectProcesses } from '../inspect-host.js';
import type { DoctorContext } from './context.js';

export async function examineProcesses({ settings, ports, signal }: DoctorContext): Promise<readonly Finding[]> {
  if (settings === null) return [finding('skipped', 'processes', 'needs_settings')];
  const found = await inspectProcesses(settings, { ports });
  const { processes } = settings;
  const policies = processes.listedNames.map((name) => processes.policyFor(name)).filter((policy) => policy !== null);
  const names = policies.filter(({ strategy }) => strategy !== 'process').map(({ systemName }) => systemName);
  const options = { timeoutMs: QUESTION_TIMEOUT_MS, signal };
  const states = names.length === 0 ? null : await ports.units.describe(names, options);
  return [
    ...found.map(({ severity, about, text, remedy = null }) => finding(severity, about, 'said', { text, remedy })),
    ...policies.flatMap((policy) => {
      const unit = states === null || typeof states === 'string' ? undefined : states.get(policy.systemName);
      return [...(unit?.loadState === 'loaded' ? judgeUnit(policy, unit) : []), ...judgePidFile(policy)];
    }),
  ];
}

/** What is worth knowing of a unit that is there. */
export function judgeUnit({ processName, systemName }: ProcessPolicy, unit: UnitState): readonly Finding[] {
  const { id } = unit;
  const isAlias = id !== systemName && id !== `${systemName}.service`;
  const remedy = shellCommand('systemctl', 'reset-failed', '--', id);
  const findings: Finding[] = [];
  if (isAlias) findings.push(finding('fine', processName, 'unit_alias', { name: systemName, unit: id }));
  if (unit.type === 'oneshot') findings.push(finding('fine', processName, 'unit_oneshot', { unit: id }));
  if (unit.result === 'start-limit-hit')
    findings.push(finding('warning', processName, 'unit_start_limit', { unit: id, remedy }));
  else if (unit.activeState === 'failed')
    findings.push(finding('warning', processName, 'unit_failed', { unit: id, remedy }));
  return findings;
}

/** It belongs to its program's user, but a link or a file that everybody may write is passed over. */
function judgePidFile({ processName, pidFile }: ProcessPolicy): readonly Finding[] {
  const facts = pidFile === null ? undefined : lstatSync(pidFile, { throwIfNoEntry: false });
  if (pidFile === null || facts === undefined) return [];
  const tell = (problem: string, ...mend: readonly string[]): readonly Finding[] => {
    const remedy = shellCommand(...mend, '--', pidFile);
    return [finding('warning', processName, 'place_distrusted', { what: 'pid_file', path: pidFile, problem, remedy })];
  };
  if (facts.isSymbolicLink()) return tell('is a symbolic link', 'rm');
  return (facts.mode & 0o002) === 0 ? [] : tell('can be written by everybody', 'chmod', 'o-w');
}
