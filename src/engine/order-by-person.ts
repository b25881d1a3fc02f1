/** The restart that a person asks for by name, with every row that it settles. */
import type { ProcessId } from '../domain/alarm.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { targetKey } from '../domain/triage.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { AlarmSource } from '../ports/alarm-source.js';
import { StoreError } from '../ports/store-error.js';
import type { HandsDeps } from './deps.js';
import type { Ledger } from './ledger.js';
import { describeUnit } from './observe.js';

export interface PersonDeps extends HandsDeps {
  readonly source: AlarmSource;
  readonly ledger: Ledger;
  readonly policyFor: (processName: string) => ProcessPolicy | null;
}

interface Named {
  readonly processId: ProcessId;
  readonly processName: string;
}

/** Rows under other names of the same unit belong to it: left in alarm, they would have it restarted a second time. */
export async function orderByPerson(
  deps: PersonDeps,
  policy: ProcessPolicy,
  signal: AbortSignal,
): Promise<RestartOrder> {
  const asked = policy.strategy === 'process' ? null : await describeUnit(deps, policy.systemName, signal);
  const unit = asked === 'no_answer' ? null : asked;
  const unitNames = unit === null ? [] : unit.names.flatMap((name) => [name, name.replace(/\.service$/, '')]);
  const known = unit === null ? null : new Map([policy.systemName, ...unitNames].map((name) => [name, unit]));
  const units = asked === 'no_answer' ? asked : known;
  const target = targetKey(policy, units);
  const isMeant = ({ processName }: Named): boolean => {
    if (processName === policy.processName) return true;
    const other = deps.policyFor(processName);
    return other !== null && other.enabled && !other.dryRun && targetKey(other, units) === target;
  };
  const rows = (await alarmedRows(deps, signal)).filter(isMeant);
  // An alarm that is still to be raised again would have it restarted a second time too.
  const owing = deps.ledger
    .entries()
    .filter(([, { owed }]) => owed !== null)
    .map(([processId, { processName }]) => ({ processId, processName }))
    .filter(isMeant);
  const names = new Map([...owing, ...rows].map(({ processId, processName }) => [processId, processName]));
  const own = [...names].find(([, name]) => name === policy.processName);
  return {
    target,
    lead: { processId: own?.[0] ?? null, processName: policy.processName },
    processIds: [...names.keys()],
    names,
    policy,
    isTrial: false,
    unit: asked === 'no_answer' ? asked : null,
  };
}

/** None where the source does not answer: a person's wish does not wait for it. */
async function alarmedRows({ source }: PersonDeps, signal: AbortSignal): Promise<readonly Named[]> {
  try {
    const batch = await source.alarmed(signal);
    return batch.flatMap(({ processId, processName }) =>
      processId === null || processName === null ? [] : [{ processId, processName }],
    );
  } catch (cause: unknown) {
    if (cause instanceof StoreError) return [];
    throw cause;
  }
}
