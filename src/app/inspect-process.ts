/** What the monitor knows of one process: its policy, its counters, what the next alarm would do, and what it would hit. */
import { toProcessId, type AlarmRow, type ProcessId } from '../domain/alarm.js';
import type { MatchResult } from '../domain/process-match.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { protection } from '../domain/protected-names.js';
import { planRestart, type RestartPlan } from '../domain/restart-plan.js';
import type { UnitState } from '../domain/unit-state.js';
import type { LoadedSettings } from '../config/settings-from-text.js';
import type { Settings } from '../config/settings.js';
import { describeUnit, findPrograms, observe } from '../engine/observe.js';
import { StoreError } from '../ports/store-error.js';
import { refuseMissingFile } from './glance.js';
import { inspect, judgeRows, type Finding, type Inspection } from './inspect.js';
import type { SystemPorts } from './system-ports.js';
import { budgetUse, remembered, type BudgetUse, type RememberedProcess } from './inspect-memory.js';

export interface Explanation {
  readonly processName: string;
  /** null: no section speaks for it, so it is left alone. */
  readonly policy: ProcessPolicy | null;
  /** What is not at its default, and where it was set. */
  readonly set: readonly { readonly key: string; readonly text: string; readonly from: string }[];
  /** Without an answer the ids are those of the memory alone. */
  readonly database: { readonly kind: 'answers' } | { readonly kind: 'silent'; readonly detail: string };
  readonly ids: readonly ProcessId[];
  readonly remembered: readonly RememberedProcess[];
  readonly hostBudget: BudgetUse;
  /** One for each id; where there is none, that of a row as it would be. */
  readonly next: readonly Finding[];
}

/** No id of a real row: the ids of the tables count from 0 or 1. */
const IMAGINARY_ID = toProcessId(-1);

export function explainProcess(
  { settings, origins }: Pick<LoadedSettings, 'settings' | 'origins'>,
  processName: string,
): Promise<Explanation> {
  return inspect(settings, async (inspection) => {
    const { ledger, ports } = inspection;
    const known = ledger.entries().filter(([, memory]) => memory.processName === processName);
    const asked = await idsOf(inspection, processName);
    const ids = [...new Set([...asked.ids, ...known.map(([id]) => id)])].sort((left, right) => left - right);
    const rows = (ids.length === 0 ? [IMAGINARY_ID] : ids).map((processId): AlarmRow => ({
      processId,
      processName,
      notes: null,
    }));
    const nowMs = ports.clock.monotonicMs();
    const policy = settings.processes.policyFor(processName);
    return {
      processName,
      policy,
      set: policy === null ? [] : setValues(origins, policy),
      database: asked.database,
      ids,
      remembered: known.map(([id, memory]) => remembered(inspection, id, memory)),
      hostBudget: budgetUse(ledger.hostRestarts(), ledger.hostBudget, nowMs),
      next: (await Promise.all(rows.map((row) => judgeRows(inspection, [row])))).flat(),
    };
  });
}

function setValues(origins: LoadedSettings['origins'], policy: ProcessPolicy): Explanation['set'] {
  const section = policy.origin === 'own_section' ? `process.${policy.processName}` : 'process.default';
  const values = origins.section(section)?.values ?? [];
  return values
    .filter(({ origin }) => origin.kind !== 'default')
    .map(({ key, text, from }) => ({ key, text: text ?? '', from }));
}

async function idsOf(
  { settings, store }: Inspection,
  processName: string,
): Promise<Pick<Explanation, 'database' | 'ids'>> {
  try {
    refuseMissingFile(settings);
    const rows = await store.desk.list(new AbortController().signal);
    const ids = rows.filter((row) => row.processName === processName).map(({ processId }) => processId);
    return { database: { kind: 'answers' }, ids: ids.filter((id) => id !== null) };
  } catch (cause: unknown) {
    if (!(cause instanceof StoreError)) throw cause;
    return { database: { kind: 'silent', detail: cause.message }, ids: [] };
  }
}

export interface MatchReport {
  readonly policy: ProcessPolicy;
  /** null: there is no such unit, or no service manager answers. */
  readonly unit: UnitState | null;
  /** Programs of that name, whether or not the policy would act on them. */
  readonly programs: MatchResult;
  /** Why the name is never acted on; null: it may be. */
  readonly protection: string | null;
  /** What an attempt would do now. */
  readonly plan: RestartPlan;
}

/** Without this command and whoever has called it: the name is among their arguments. */
async function programsButUs(ports: SystemPorts, policy: ProcessPolicy): Promise<MatchResult> {
  const found = await findPrograms(ports, policy, new AbortController().signal);
  const us = new Set<number>();
  for (let pid = ports.table.ownPid; pid > 1 && !us.has(pid);) {
    us.add(pid);
    pid = (await ports.table.find(pid))?.parentPid ?? 0;
  }
  return { ...found, rejected: found.rejected.filter(({ running }) => !us.has(running.identity.pid)) };
}

/** null: no section speaks for the process. Asks nothing of the database. */
export async function matchProcess(settings: Settings, processName: string): Promise<MatchReport | null> {
  const policy = settings.processes.policyFor(processName);
  if (policy === null) return null;
  return inspect(settings, async ({ ports }) => {
    const { signal } = new AbortController();
    const found = policy.systemName.startsWith('/') ? null : await describeUnit(ports, policy.systemName, signal);
    const unit = found === 'no_answer' || found?.loadState === 'not-found' ? null : found;
    const names = [policy.systemName, ...(unit === null ? [] : [unit.id, ...unit.names])];
    return {
      policy,
      unit,
      programs: await programsButUs(ports, policy),
      protection: protection(names, policy.allowProtected),
      plan: planRestart(policy, await observe(ports, policy, signal)),
    };
  });
}
