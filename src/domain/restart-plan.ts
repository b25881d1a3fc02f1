/** The strategies: policy and what is seen in, the steps of one attempt out, as data. Nothing is done here. */
import { fillCommand, type TemplateValues } from './command-template.js';
import { commandUnitName, ownUnitName } from './own-unit-name.js';
import type { MatchResult } from './process-match.js';
import type { ProcessPolicy, StrategyName } from './process-policy.js';
import { protection } from './protected-names.js';
import type { RunningProcess, UnitState } from './unit-state.js';

/** What was looked up right before an attempt. */
export interface Seen {
  readonly nowMs: number;
  /** null: no service manager runs, so no unit can be asked for, or its answer did not come. */
  readonly unit: UnitState | null;
  /** systemd is here and did not answer: then nothing else was looked up, and nothing may be done. */
  readonly isUnitUnknown: boolean;
  /** Programs that the name means; empty where the strategy does not need them. */
  readonly programs: MatchResult;
  /** The unit whose main program the matched one is, for example `nginx.service`; null: none. */
  readonly owningUnit: string | null;
  readonly workingDirectory: string | null;
  /** The unit that `grant` has made for the program; null: none is there, or it is not needed. */
  readonly ownUnit: UnitState | null;
  /** Why no program may be started outside of units that are there already; null: it may be. */
  readonly startObstacle: string | null;
}

export type RestartStep =
  /** `unit`: runs the very line as another user. */
  | { readonly kind: 'command'; readonly commandLine: string; readonly unit?: string }
  | { readonly kind: 'reset_failed'; readonly unit: string }
  /** `leavesNoMark`: once it has done its work, systemd may forget that it ever ran. */
  | { readonly kind: 'restart_unit'; readonly unit: string; readonly leavesNoMark?: true }
  /** Ends the program and everything below it: TERM, after `killAfterMs` KILL. */
  | { readonly kind: 'stop'; readonly program: RunningProcess; readonly killAfterMs: number }
  | { readonly kind: 'start'; readonly commandLine: string };

/** What the strategy itself looks at to call the process well. */
export type OwnCheck =
  | { readonly kind: 'unit'; readonly unit: string }
  | { readonly kind: 'program' }
  /** Nothing of its own to look at: the command's exit code and the configured checks must do. */
  | { readonly kind: 'none' };

export type RestartPlan =
  /** `how` says what was chosen and why. */
  | { readonly kind: 'act'; readonly how: string; readonly steps: readonly RestartStep[]; readonly check: OwnCheck }
  /** systemd is restarting it by itself: look whether it gets well, do nothing. */
  | { readonly kind: 'leave'; readonly how: string; readonly check: OwnCheck }
  /** Rights or configuration forbid it, or, `isPassing`, something that may be over in a moment. */
  | { readonly kind: 'refuse'; readonly detail: string; readonly isPassing?: boolean }
  /** Somebody else is acting on it right now. */
  | { readonly kind: 'yield'; readonly detail: string };

type Strategy = (policy: ProcessPolicy, seen: Seen) => RestartPlan;

/** At least this long after an automatic restart the unit is systemd's to look after. */
const SHORTEST_TURN_MS = 1000;

const strategies = {
  service: planService,
  process: planProcess,
  custom: (policy, seen) => planCommand(policy, seen, 'custom'),
  auto: planAuto,
} satisfies Record<StrategyName, Strategy>;

/** What is said where a unit could not be asked for: without an answer there may be one, and its program is not ours to start. */
export const NO_ANSWER = 'systemd does not answer: whether there is such a unit is not known, so nothing is done';

/** The steps of one attempt. A configured `restart_command` wins over every strategy's own way. */
export function planRestart(policy: ProcessPolicy, seen: Seen): RestartPlan {
  if (seen.isUnitUnknown) return { kind: 'refuse', detail: NO_ANSWER, isPassing: true };
  // Triage knows the unit's other names only where systemd has answered it.
  const guarded = isThere(seen.unit) ? protection([seen.unit.id, ...seen.unit.names], policy.allowProtected) : null;
  if (guarded !== null) return { kind: 'refuse', detail: guarded };
  return policy.restartCommand === null
    ? strategies[policy.strategy](policy, seen)
    : planCommand(policy, seen, policy.strategy);
}

/** Whether the steps depend on which programs run; only then is the whole process table read. */
export function needsPrograms(policy: ProcessPolicy, unit: UnitState | null): boolean {
  return policy.strategy === 'process' || (policy.strategy === 'auto' && !isThere(unit));
}

/** Whether its program may have a unit of its own: where it does, that one is restarted. */
export function mayHaveOwnUnit({ restartCommand, strategy }: ProcessPolicy): boolean {
  return restartCommand === null && (strategy === 'process' || strategy === 'auto');
}

/** The unit that a restart acts on or has acted on; null: none is there. */
export function unitSeen({ unit, ownUnit }: Pick<Seen, 'unit' | 'ownUnit'>): UnitState | null {
  return [unit, ownUnit].find(isThere) ?? null;
}

function isThere(unit: UnitState | null): unit is UnitState {
  return unit !== null && unit.loadState !== 'not-found';
}

function planCommand(policy: ProcessPolicy, seen: Seen, strategy: StrategyName): RestartPlan {
  if (policy.restartCommand === null) return { kind: 'refuse', detail: 'strategy custom needs a restart_command' };
  const check = checkAfterCommand(strategy, seen);
  if (policy.commandUser !== null) {
    const unit = commandUnitName(policy.processName, 'restart');
    const steps: readonly RestartStep[] = [{ kind: 'command', commandLine: policy.restartCommand, unit }];
    return { kind: 'act', how: `restart_command as ${policy.commandUser}`, steps, check };
  }
  const filled = fillCommand(policy.restartCommand, templateValues(policy, seen));
  if (!filled.ok) return { kind: 'refuse', detail: `restart_command: ${filled.detail}` };
  return { kind: 'act', how: 'restart_command', steps: [{ kind: 'command', commandLine: filled.line }], check };
}

function checkAfterCommand(strategy: StrategyName, seen: Seen): OwnCheck {
  if (strategy === 'process') return { kind: 'program' };
  return isThere(seen.unit) ? { kind: 'unit', unit: seen.unit.id } : { kind: 'none' };
}

function planAuto(policy: ProcessPolicy, seen: Seen): RestartPlan {
  if (isThere(seen.unit)) return explained(planService(policy, seen), `auto: unit ${seen.unit.id} exists`);
  const running = seen.programs.roots.length;
  if (running === 0 && needsRunning(policy))
    return {
      kind: 'refuse',
      detail: `auto: no unit ${policy.systemName}, no running program of that name and no start_command`,
    };
  return explained(
    planProcess(policy, seen),
    `auto: no unit ${policy.systemName}, ${running} running program(s) of that name`,
  );
}

function explained(plan: RestartPlan, choice: string): RestartPlan {
  return 'how' in plan ? { ...plan, how: `${choice}; ${plan.how}` } : { ...plan, detail: `${choice}; ${plan.detail}` };
}

function unitObstacle({ id, loadState, refusesManualStart }: UnitState): string | null {
  if (loadState !== 'loaded') return `unit ${id} is ${loadState}`;
  return refusesManualStart ? `unit ${id} refuses to be started by hand` : null;
}

function planService(policy: ProcessPolicy, { unit, nowMs }: Seen): RestartPlan {
  if (unit === null) return { kind: 'refuse', detail: 'systemd does not run here' };
  const obstacle = unitObstacle(unit);
  if (obstacle !== null) return { kind: 'refuse', detail: obstacle };
  const check: OwnCheck = { kind: 'unit', unit: unit.id };
  if (unit.subState.startsWith('auto-restart'))
    return { kind: 'leave', how: `systemd is about to restart ${unit.id} itself`, check };
  const turnMs = Math.max(policy.settleTimeMs, SHORTEST_TURN_MS);
  if (unit.nRestarts > 0 && unit.activeState === 'active' && nowMs - unit.activeEnterMs < turnMs)
    return { kind: 'leave', how: `systemd has only just restarted ${unit.id} itself`, check };
  if (unit.hasJob) return { kind: 'yield', detail: `a job for ${unit.id} is under way` };
  const isBlocked = unit.activeState === 'failed' && (unit.result === 'start-limit-hit' || unit.nRestarts > 0);
  return {
    kind: 'act',
    how: `restart unit ${unit.id} (${unit.activeState}/${unit.subState})`,
    steps: [
      ...(isBlocked ? [{ kind: 'reset_failed', unit: unit.id } as const] : []),
      { kind: 'restart_unit', unit: unit.id, ...(unit.type === 'oneshot' ? { leavesNoMark: true } : {}) },
    ],
    check,
  };
}

function planProcess(policy: ProcessPolicy, seen: Seen): RestartPlan {
  const own = isThere(seen.ownUnit) ? seen.ownUnit : null;
  const outside = seen.programs.roots.filter(({ unit }) => own === null || unit !== own.id);
  const obstacle = programObstacle(policy, seen, outside);
  if (obstacle !== null) return { kind: 'refuse', detail: obstacle };
  const [program] = outside;
  const stop: readonly RestartStep[] =
    program === undefined ? [] : [{ kind: 'stop', program, killAfterMs: policy.stopTimeoutMs }];
  if (own !== null) {
    const plan = planService(policy, { ...seen, unit: own });
    if (plan.kind !== 'act' || program === undefined) return plan;
    const how = `stop pid ${program.identity.pid}, which runs outside of ${own.id}; ${plan.how}`;
    return { ...plan, how, steps: [...stop, ...plan.steps] };
  }
  const start = startStep(policy, seen);
  if (start.kind === 'refuse') return start;
  return {
    kind: 'act',
    how:
      program === undefined
        ? `${policy.systemName} does not run: start`
        : `stop pid ${program.identity.pid}, then start`,
    steps: [...stop, start],
    check: { kind: 'program' },
  };
}

/** The start of its program, also of one that was stopped for it. */
export function startStep(
  policy: ProcessPolicy,
  seen: Seen,
): Extract<RestartStep, { kind: 'start' | 'restart_unit' }> | Extract<RestartPlan, { kind: 'refuse' }> {
  if (isThere(seen.ownUnit)) return { kind: 'restart_unit', unit: seen.ownUnit.id };
  if (seen.startObstacle !== null)
    return { kind: 'refuse', detail: `there is no unit ${ownUnitName(policy.processName)}, and ${seen.startObstacle}` };
  const filled = fillCommand(policy.startCommand ?? policy.systemName, templateValues(policy, seen));
  if (!filled.ok) return { kind: 'refuse', detail: `start_command: ${filled.detail}` };
  return { kind: 'start', commandLine: filled.line };
}

/** Why it is not sure which program is to be stopped, if any; `outside`: of the unit of its own. */
function programObstacle(
  { systemName }: ProcessPolicy,
  { programs: { roots, doubt }, owningUnit }: Seen,
  outside: readonly RunningProcess[],
): string | null {
  const [program, ...others] = outside;
  if (program === undefined)
    return roots.length === 0 && doubt !== undefined ? `${doubt}: whether ${systemName} runs is not known` : null;
  if (others.length > 0)
    return `${outside.length} programs are named ${systemName} (pids ${outside.map(({ identity }) => identity.pid).join(', ')}): name one by pid_file, user or path`;
  if (doubt !== undefined)
    return `pid ${program.identity.pid} is named ${systemName}, but ${doubt}: another one of that name may be meant`;
  if (owningUnit !== null)
    return `it is the main program of ${owningUnit}, which systemd looks after: use restart_strategy = service and system_name = ${owningUnit}`;
  return null;
}

function templateValues(policy: ProcessPolicy, seen: Seen): TemplateValues {
  return { systemName: policy.systemName, workingDirectory: seen.workingDirectory ?? policy.workingDirectory };
}

function restartsUnit(policy: ProcessPolicy, unit: UnitState | null): boolean {
  if (policy.restartCommand !== null) return false;
  return policy.strategy === 'service' || (policy.strategy === 'auto' && isThere(unit));
}

/** Why a restart would be refused, as far as the unit alone tells; null: nothing is known against it. */
export function obstacleTo(policy: ProcessPolicy, unit: UnitState | null): string | null {
  return restartsUnit(policy, unit) && unit !== null ? unitObstacle(unit) : null;
}

/** What a restart would do, in words, for dry runs and explanations; `unit` null: not known. */
export function describeWay(policy: ProcessPolicy, unit: UnitState | null): string {
  if (policy.restartCommand !== null) return `run restart_command: ${policy.restartCommand}`;
  if (restartsUnit(policy, unit)) return `restart unit ${unit?.id ?? policy.systemName} by systemd`;
  if (needsRunning(policy)) return `restart the program ${policy.systemName}; refused where it does not run`;
  const start = policy.startCommand ?? policy.systemName;
  return `stop the running program ${policy.systemName}, if any, and start: ${start}`;
}

/** Chosen by looking, a name without a unit and without a way to start it is taken for a mistake. */
function needsRunning({ strategy, startCommand, systemName }: ProcessPolicy): boolean {
  return strategy === 'auto' && startCommand === null && !systemName.startsWith('/');
}
