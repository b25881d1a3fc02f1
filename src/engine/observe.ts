/** Looks at what an attempt would act on: the unit, the programs of that name, their directory. */
import { needsWorkingDirectory } from '../domain/command-template.js';
import { ownUnitName } from '../domain/own-unit-name.js';
import { isSameProgram } from '../domain/own-check.js';
import { matchProcesses, NAMED_ANOTHER, type MatchResult } from '../domain/process-match.js';
import type { Evidence } from '../domain/process-memory.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { mayHaveOwnUnit, needsPrograms, unitSeen, type OwnCheck, type Seen } from '../domain/restart-plan.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { ProcessIdentity, RunningProcess, UnitState } from '../domain/unit-state.js';
import { QUESTION_TIMEOUT_MS, type HandsDeps } from './deps.js';

type Eyes = Pick<HandsDeps, 'clock' | 'runner' | 'units' | 'table'>;
type ActingEyes = Eyes & Pick<HandsDeps, 'starter'>;

const NO_PROGRAMS: MatchResult = { roots: [], rejected: [] };

const NOTHING_SEEN = {
  unit: null,
  programs: NO_PROGRAMS,
  owningUnit: null,
  workingDirectory: null,
  ownUnit: null,
  startObstacle: null,
};

/** Then a second one could be started beside the first. */
const HIDDEN =
  'the programs of other users are hidden from the monitor (run process-monitor grant as root, then restart the monitor)';

/** A unit's state older than this is asked for again before acting on it. */
const FRESH_MS = 250;

/**
 * Everything that planning needs; asks only for what the policy's strategy looks at. `seen` spares a question where
 * triage has only just looked.
 */
export async function observe(
  eyes: ActingEyes,
  policy: ProcessPolicy,
  signal: AbortSignal,
  seen: RestartOrder['unit'] = null,
): Promise<Seen> {
  const nothing = (): Seen => ({ ...NOTHING_SEEN, nowMs: eyes.clock.monotonicMs(), isUnitUnknown: true });
  const unit = policy.strategy === 'process' ? null : await unitNow(eyes, policy.systemName, signal, seen);
  if (unit === 'no_answer') return nothing();
  const ownUnit =
    mayHaveOwnUnit(policy) && needsPrograms(policy, unit)
      ? await describeUnit(eyes, ownUnitName(policy.processName), signal)
      : null;
  if (ownUnit === 'no_answer') return nothing();
  const asksForDirectory = commandLines(policy).some(needsWorkingDirectory);
  const programs =
    needsPrograms(policy, unit) || asksForDirectory ? await findPrograms(eyes, policy, signal) : NO_PROGRAMS;
  const [first] = programs.roots;
  const program = programs.roots.find((root) => ownUnit === null || root.unit !== ownUnit.id) ?? first;
  return {
    nowMs: eyes.clock.monotonicMs(),
    unit,
    isUnitUnknown: false,
    programs,
    owningUnit: program?.unit ? await owningUnit(eyes, program.unit, program.identity.pid, signal) : null,
    workingDirectory:
      asksForDirectory && first !== undefined ? await eyes.table.workingDirectory(first.identity) : null,
    ownUnit,
    startObstacle: eyes.starter.obstacle,
  };
}

/** As triage saw it, where that was only just now. */
function unitNow(
  eyes: Eyes,
  name: string,
  signal: AbortSignal,
  seen: RestartOrder['unit'],
): ReturnType<typeof describeUnit> {
  if (seen === 'no_answer') return Promise.resolve(seen);
  const isFresh = seen !== null && eyes.clock.monotonicMs() - seen.atMs <= FRESH_MS;
  return isFresh ? Promise.resolve(seen.state) : describeUnit(eyes, name, signal);
}

function commandLines(policy: ProcessPolicy): readonly string[] {
  const { restartCommand, startCommand, preRestartCommand, commandUser } = policy;
  // Those that run as another user do so in units, which know no program's directory.
  const commands = commandUser === null ? [restartCommand, preRestartCommand] : [];
  return [startCommand, ...commands].filter((line) => line !== null);
}

/** Where the program runs now, else where it is set to; null: neither is known. */
export async function directoryNow(eyes: Eyes, policy: ProcessPolicy, signal: AbortSignal): Promise<string | null> {
  const [program] = (await findPrograms(eyes, policy, signal)).roots;
  const found = program === undefined ? null : await eyes.table.workingDirectory(program.identity);
  return found ?? policy.workingDirectory;
}

/** The unit's state; null: no service manager runs; `no_answer`: it does, and nothing is known of the unit. */
export async function describeUnit(
  eyes: Eyes,
  name: string,
  signal: AbortSignal,
): Promise<UnitState | 'no_answer' | null> {
  const units = await eyes.units.describe([name], { timeoutMs: QUESTION_TIMEOUT_MS, signal });
  if (units === 'no_answer') return units;
  return units === 'unavailable' ? null : (units.get(name) ?? null);
}

/** The programs that the policy's system name means, and those that only look alike. */
export async function findPrograms(eyes: Eyes, policy: ProcessPolicy, signal: AbortSignal): Promise<MatchResult> {
  const uid = policy.user === null ? null : await uidOf(eyes, policy.user, signal);
  if (uid === 'unknown')
    return { ...NO_PROGRAMS, doubt: `user ${policy.user ?? ''} is unknown here or cannot be looked up` };
  const found = matchProcesses(await eyes.table.list(), {
    systemName: policy.systemName,
    uid,
    pidFilePid: policy.pidFile === null ? null : await eyes.table.readPidFile(policy.pidFile),
    ownPid: eyes.table.ownPid,
  });
  return (await eyes.table.seesOthers()) ? found : { ...found, doubt: HIDDEN };
}

async function uidOf(eyes: Eyes, user: string, signal: AbortSignal): Promise<number | 'unknown'> {
  // A program is started only for those whom the host does not keep itself: each look asks anew.
  const local = await eyes.table.localUid(user);
  if (local !== null) return local;
  const result = await eyes.runner.run(
    { file: 'id', args: ['-u', '--', user] },
    { timeoutMs: QUESTION_TIMEOUT_MS, signal },
  );
  const isKnown = result.kind === 'exited' && result.exitCode === 0 && /^\d+\s*$/.test(result.output);
  return isKnown ? Number(result.output) : 'unknown';
}

const OUR_TRANSIENT = /^pm-.*-[0-9a-f]+\.service$/;

/** The unit whose main program this pid is: systemd would take its end for a crash. Our own transient units are not meant. */
async function owningUnit(eyes: Eyes, unit: string, pid: number, signal: AbortSignal): Promise<string | null> {
  if (!unit.endsWith('.service') || OUR_TRANSIENT.test(unit)) return null;
  const state = await describeUnit(eyes, unit, signal);
  // Not told: then the unit counts as its owner.
  if (state === null || state === 'no_answer') return unit;
  // Without its file systemd only waits for the end of it.
  return state.mainPid === pid && state.loadState !== 'not-found' ? state.id : null;
}

/** Programs that the pid file has told apart from the one meant; they stay other programs when the file goes with it. */
export function othersIn({ programs }: Seen): readonly ProcessIdentity[] {
  return programs.rejected.filter(({ why }) => why === NAMED_ANOTHER).map(({ running }) => running.identity);
}

/** The same look without them. */
export function withoutOthers(seen: Seen, others: readonly ProcessIdentity[]): Seen {
  const isOther = ({ identity }: RunningProcess): boolean => others.some((other) => isSameProgram(other, identity));
  const { roots, rejected, ...rest } = seen.programs;
  const apart = roots.filter(isOther).map((running) => ({ running, why: NAMED_ANOTHER }));
  if (apart.length === 0) return seen;
  const left = roots.filter((root) => !isOther(root));
  return { ...seen, programs: { ...rest, roots: left, rejected: [...rejected, ...apart] } };
}

/** What runs under the name, also of programs that only look alike. */
export function knownPrograms({ programs: { roots, rejected } }: Seen): readonly ProcessIdentity[] {
  return [...roots, ...rejected.map(({ running }) => running)].map(({ identity }) => identity);
}

/** Marks of what runs now, by which a later look can tell whether a restart has happened. */
export function evidenceOf(seen: Seen): Evidence {
  const unit = unitSeen(seen);
  return {
    unit: unit === null ? null : { id: unit.id, invocationId: unit.invocationId },
    processes: seen.programs.roots.map(({ identity }) => identity),
  };
}

/** What a strategy's own check looks at. */
export interface Look {
  /** null: not looked at, or systemd did not answer. */
  readonly unit: UnitState | null;
  readonly programs: MatchResult;
}

/** One look for the strategy's own check. */
export async function look(eyes: Eyes, policy: ProcessPolicy, check: OwnCheck, signal: AbortSignal): Promise<Look> {
  switch (check.kind) {
    case 'unit': {
      const unit = await describeUnit(eyes, check.unit, signal);
      return { unit: unit === 'no_answer' ? null : unit, programs: NO_PROGRAMS };
    }
    case 'program':
      return { unit: null, programs: await findPrograms(eyes, policy, signal) };
    case 'none':
      return { unit: null, programs: NO_PROGRAMS };
  }
}
