/** Small worlds for triage: policies by process name, memories by id, units by the name asked for. */
import { toSystemName, type AlarmRow } from '../../src/domain/alarm.js';
import { newMemory, type ProcessMemory } from '../../src/domain/process-memory.js';
import { triage, type TriageFacts } from '../../src/domain/triage.js';
import type { UnitState } from '../../src/domain/unit-state.js';
import type { RestartOrder, SkipReason, Verdict } from '../../src/domain/verdict.js';
import { idOf, policyOf, type PolicyWish } from './policy.js';

/** The moment of every triage in tests. */
export const NOW = 1_000_000;

/** What differs from a world without settings, memory and units. */
export interface World {
  readonly policies?: Readonly<Record<string, PolicyWish>>;
  readonly memories?: Readonly<Record<number, Partial<ProcessMemory>>>;
  readonly units?: Readonly<Record<string, UnitState>>;
  readonly facts?: Partial<TriageFacts>;
  /** Processes without a section are handled, as under `[process.default]`. */
  readonly handlesAll?: boolean;
}

/** What triage looks at in this world. */
export function factsOf({
  policies = {},
  memories = {},
  units = {},
  facts = {},
  handlesAll = false,
}: World): TriageFacts {
  return {
    nowMs: NOW,
    policyFor: (processName) => {
      const wish = policies[processName];
      if (wish !== undefined) return policyOf({ processName, ...wish });
      return handlesAll && toSystemName(processName) !== null
        ? policyOf({ processName, origin: 'default_section' })
        : null;
    },
    memoryOf: (id) => (memories[id] === undefined ? null : { ...newMemory('x'), ...memories[id] }),
    units: new Map(Object.entries(units)),
    unsettledAtRead: new Set(),
    queued: new Set(),
    targets: new Map(),
    hold: null,
    hostRestarts: [],
    hostBudget: { restarts: 0, windowMs: 3600_000 },
    isDryRun: false,
    ...facts,
  };
}

/** A row without notes. */
export const row = (id: number | null, processName: string | null): AlarmRow => ({
  processId: id === null ? null : idOf(id),
  processName,
  notes: null,
});

/** What triage says of one row alone. */
export function reasonFor(one: AlarmRow, world: World): SkipReason | 'restart' {
  const [verdict] = triage([one], factsOf(world));
  return verdict?.kind === 'skip' ? verdict.reason : 'restart';
}

/** The restarts among the verdicts. */
export const orders = (verdicts: readonly Verdict[]): readonly RestartOrder[] =>
  verdicts.flatMap((verdict) => (verdict.kind === 'restart' ? [verdict.order] : []));
/** The verdicts in short: a reason's code, or `restart`. */
export const codes = (verdicts: readonly Verdict[]): readonly string[] =>
  verdicts.map((verdict) => (verdict.kind === 'skip' ? verdict.reason.code : 'restart'));
