/** Which running programs a system name means: exact identity, never a part of a name, never the 15 characters of comm. */
import type { RunningProcess } from './unit-state.js';

export interface MatchQuery {
  /** Program name or absolute path. */
  readonly systemName: string;
  /** Numeric user id the program must run as; null: any. */
  readonly uid: number | null;
  /** What the pid file says; null: none. Only used to choose among programs that match anyway. */
  readonly pidFilePid: number | null;
  /** The monitor: it and its ancestors are never matched. */
  readonly ownPid: number;
}

export interface MatchResult {
  /** The programs meant, each the head of its own family; its matching descendants are not listed. */
  readonly roots: readonly RunningProcess[];
  /** Why the one root may still be another program than the one meant, or why none may still run; absent: no doubt. */
  readonly doubt?: string;
  /** Programs that look alike and are not meant, with the reason. */
  readonly rejected: readonly { readonly running: RunningProcess; readonly why: string }[];
}

/** Why the other programs of a name are not meant where the pid file tells them apart. */
export const NAMED_ANOTHER = 'the pid file names another';

const SHELL = /^(?:ba|da|k|z|a)?sh$/;
const INTERPRETER = /^python[0-9.]*$|^perl[0-9.]*$|^ruby[0-9.]*$|^node(?:js)?$|^php[0-9.]*$/;
/** Options that bring the program's text along; a shell's `-e` is none of them. */
const INLINE_FOR_SHELL = /^-[A-Za-z]*c[A-Za-z]*$/;
const INLINE = /^-[A-Za-z]*[ceEr]$|^--(?:eval|print)$/;

/** Several roots mean that the name alone does not say which one is meant. */
export function matchProcesses(all: readonly RunningProcess[], query: MatchQuery): MatchResult {
  const untouchable = ancestry(all, query.ownPid);
  const matching: RunningProcess[] = [];
  const rejected: { running: RunningProcess; why: string }[] = [];
  for (const running of all) {
    const why = whyNot(running, query, untouchable);
    if (why === 'other') continue;
    if (why === null) matching.push(running);
    else rejected.push({ running, why });
  }
  const roots = matching.filter((running) => !hasAncestorIn(running, matching, all));
  const old = roots.length === 0 ? all.find((running) => isOfOldName(running, query, untouchable)) : undefined;
  if (old !== undefined)
    return {
      roots,
      rejected,
      doubt: `pid ${old.identity.pid} in ${old.unit ?? ''}, made by an earlier version, may be it`,
    };
  if (query.pidFilePid === null || roots.length === 0) return { roots, rejected };
  // The file may name a program below the head of its family.
  const named = ancestry(all, query.pidFilePid);
  const hinted = roots.filter(({ identity }) => named.has(identity.pid));
  const doubt = `the pid file names pid ${query.pidFilePid}, which is not it`;
  if (hinted.length !== 1) return roots.length === 1 ? { roots, rejected, doubt } : { roots, rejected };
  const passedOver = roots.filter((root) => !hinted.includes(root));
  return {
    roots: hinted,
    rejected: [...rejected, ...passedOver.map((running) => ({ running, why: NAMED_ANOTHER }))],
  };
}

/** null: it is meant; `other`: it has nothing to do with the name; otherwise why it only looks alike. */
function whyNot(running: RunningProcess, query: MatchQuery, untouchable: ReadonlySet<number>): string | null {
  if (!isNamed(running, query.systemName))
    return looksAlike(running, query.systemName) ? 'its name is another' : 'other';
  if (running.state === 'Z' || running.state === 'X') return 'it has ended already';
  if (running.isKernelThread) return 'it is a thread of the kernel';
  if (running.isContained) return 'it runs in a container';
  if (untouchable.has(running.identity.pid)) return 'it is the monitor or started the monitor';
  if (query.uid !== null && running.uid !== query.uid) return `it runs as another user (uid ${running.uid})`;
  return null;
}

function isNamed(running: RunningProcess, name: string): boolean {
  if (running.unit !== null && isTransientUnitOf(name, running.unit)) return true;
  const names = [running.executable, running.argv[0], scriptOf(running)].filter((each) => typeof each === 'string');
  return name.startsWith('/') ? names.includes(name) : names.some((each) => baseName(each) === name);
}

/**
 * Base of the names of the transient units that hold what the monitor started for this system name. A path counts as a
 * whole, `:opt:a:run.sh`: another file of that name is another program.
 */
export function transientUnitBase(systemName: string): string {
  const name = systemName.startsWith('/') ? systemName.replaceAll('/', ':') : baseName(systemName);
  return `pm-${name.replaceAll(/[^A-Za-z0-9:_.-]/g, '_').slice(-150)}`;
}

function isTransientUnitOf(systemName: string, unit: string): boolean {
  const base = transientUnitBase(systemName);
  return unit.startsWith(`${base}-`) && /^-[0-9a-f]+\.service$/.test(unit.slice(base.length));
}

/** What was started for a path when its transient unit was named by the file alone, and shows no path of its own. */
function isOfOldName(running: RunningProcess, query: MatchQuery, untouchable: ReadonlySet<number>): boolean {
  const { systemName } = query;
  const file = baseName(systemName);
  if (!systemName.startsWith('/') || running.unit === null || !isTransientUnitOf(file, running.unit)) return false;
  const names = [running.executable, running.argv[0], scriptOf(running)].filter((each) => typeof each === 'string');
  const isAnother = names.some((name) => name.startsWith('/') && baseName(name) === file);
  return !isAnother && whyNot({ ...running, argv: [systemName] }, query, untouchable) === null;
}

/** The script that an interpreter runs: its first argument that is no option. */
function scriptOf(running: RunningProcess): string | undefined {
  const [program, ...rest] = running.argv;
  if (program === undefined) return undefined;
  const isShell = SHELL.test(baseName(program));
  if (!isShell && !INTERPRETER.test(baseName(program))) return undefined;
  const position = rest.findIndex((argument) => !argument.startsWith('-'));
  // What comes behind the script is the script's own.
  const options = rest.slice(0, Math.max(position, 0));
  return options.some((option) => (isShell ? INLINE_FOR_SHELL : INLINE).test(option)) ? undefined : rest[position];
}

/** What a match by part of the name or by comm would have hit. */
function looksAlike(running: RunningProcess, name: string): boolean {
  const short = baseName(name);
  return running.comm === short.slice(0, 15) || running.argv.some((argument) => argument.includes(short));
}

function baseName(path: string): string {
  // A program may rewrite its own title: `nginx: master process /usr/sbin/nginx` still is nginx.
  const title = /^([A-Za-z0-9_.@+-]+): /.exec(path)?.[1];
  return title ?? path.slice(path.lastIndexOf('/') + 1);
}

function hasAncestorIn(
  running: RunningProcess,
  set: readonly RunningProcess[],
  all: readonly RunningProcess[],
): boolean {
  const ancestors = ancestry(all, running.parentPid);
  return set.some((other) => other !== running && ancestors.has(other.identity.pid));
}

/** The program with this number and everything above it, up to PID 1. */
function ancestry(all: readonly RunningProcess[], pid: number): ReadonlySet<number> {
  const parentOf = new Map(all.map(({ identity, parentPid }) => [identity.pid, parentPid]));
  const found = new Set<number>([1]);
  for (let current: number | undefined = pid; current !== undefined && current > 0 && !found.has(current);) {
    found.add(current);
    current = parentOf.get(current);
  }
  return found;
}

/** A program with all that it started, and what started in its own group or session, children before parents. */
export function familyOf(root: RunningProcess, all: readonly RunningProcess[]): readonly RunningProcess[] {
  const leads = (id: number): boolean => id === root.identity.pid;
  const family = new Set<RunningProcess>([root]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    const pids = new Set([...family].map(({ identity }) => identity.pid));
    for (const other of all) {
      if (pids.has(other.parentPid) || leads(other.processGroup) || leads(other.session)) family.add(other);
    }
  }
  return [...family].reverse();
}
