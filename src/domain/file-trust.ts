/** Whether what lies at a path can be relied on: that nobody but root and the monitor itself could have put it there. */
import { shellCommand } from './shell-word.js';

/** What the system says of one file; links are told as links. */
export interface FileFacts {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Names that it has: more than one is a hard link. */
  readonly nlink: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** How to look at the file system. */
export interface Eyes {
  /** The thing itself, no link followed; null or undefined: there is nothing. Throws what the system says. */
  readonly look: (path: string) => FileFacts | null | undefined;
  /** The text of a symbolic link. */
  readonly follow: (path: string) => string;
}

export interface TrustRules {
  /** `read`: a file, a link to one too; `written`: a file that is no link; `directory`: one that files of ours lie in. */
  readonly what: 'read' | 'written' | 'directory';
  /** Users who are trusted beside root. */
  readonly owners: readonly number[];
  /** Most names of a file that is written; default: 1. */
  readonly mostNames?: number;
  /** Groups may write, by intent: the file and its directory are shared. Default: false. */
  readonly isShared?: boolean;
  /** The group of a directory of root's above it may write there, as that of `/var/log` on some systems. Default: false. */
  readonly mayGroupsWriteAbove?: boolean;
}

/** What is wrong, and where: `path` itself, or a directory or link on the way to it. */
export interface Distrust {
  readonly kind: 'distrusted';
  readonly path: string;
  /** Example: `can be written by others (mode 0777)`. */
  readonly problem: string;
  /** A command line that mends it; null: that needs a decision. */
  readonly remedy: string | null;
}

/** `facts` null: there is nothing yet, and only root and we could make it. `path`: without any link. */
export type Trust = { readonly kind: 'trusted'; readonly path: string; readonly facts: FileFacts | null } | Distrust;

const ROOT = 0;
const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const MOST_LINKS = 40;

/** Walks from `/` to an absolute path, every link followed and every directory judged. Throws what `eyes` throw. */
export function judgePath(path: string, eyes: Eyes, rules: TrustRules): Trust {
  let waiting = partsOf(path);
  let here = '/';
  let links = 0;
  let facts = eyes.look(here) ?? null;
  if (facts !== null) {
    const distrust = judgeDirectory(here, facts, { ...rules, isAbove: waiting.length > 0 });
    if (distrust !== null) return distrust;
  }
  for (let [part] = waiting; part !== undefined; [part] = waiting) {
    waiting = waiting.slice(1);
    const next = part === '..' ? parentOf(here) : `${here === '/' ? '' : here}/${part}`;
    facts = eyes.look(next) ?? null;
    const isLast = waiting.length === 0;
    if (facts === null) return { kind: 'trusted', path: [next, ...waiting].join('/'), facts };
    if (facts.isSymbolicLink()) {
      links += 1;
      const distrust = judgeLink(next, facts, { ...rules, isLast, isLoop: links > MOST_LINKS });
      if (distrust !== null) return distrust;
      const target = eyes.follow(next);
      if (target.startsWith('/')) here = '/';
      waiting = [...partsOf(target), ...waiting];
      continue;
    }
    const isFile = isLast && rules.what !== 'directory';
    const distrust = isFile
      ? judgeFile(next, facts, rules)
      : judgeDirectory(next, facts, { ...rules, isAbove: !isLast });
    if (distrust !== null) return distrust;
    here = next;
  }
  return { kind: 'trusted', path: here, facts };
}

/** One file by itself, its directories left aside. null: nothing speaks against it. */
export function judgeFile(path: string, facts: FileFacts, rules: TrustRules): Distrust | null {
  if (facts.isSymbolicLink()) return distrust(path, 'is a symbolic link', ['rm', '--', path]);
  if (!facts.isFile()) return distrust(path, 'is not a regular file', null);
  const isLinked = rules.what === 'written' && facts.nlink > (rules.mostNames ?? 1);
  if (isLinked) return distrust(path, `has ${facts.nlink} names (hard links)`, ['rm', '--', path]);
  return judgeOwner(path, facts, rules) ?? judgeMode(path, facts, rules);
}

/** For people: `PATH is a symbolic link: rm -- PATH`. */
export function distrustText({ path, problem, remedy }: Distrust): string {
  return `${path} ${problem}${remedy === null ? '' : `: ${remedy}`}`;
}

function judgeDirectory(
  path: string,
  facts: FileFacts,
  rules: TrustRules & { readonly isAbove: boolean },
): Distrust | null {
  if (!facts.isDirectory()) return distrust(path, 'is not a directory', null);
  const owner = judgeOwner(path, facts, rules);
  if (owner !== null) return owner;
  if (!rules.isAbove) return judgeMode(path, facts, rules);
  // In a sticky directory nobody but the owner of an entry, of the directory, or root can put another in its place.
  if ((facts.mode & STICKY) !== 0) return null;
  const isGroupTrusted =
    facts.gid === ROOT || rules.isShared === true || (rules.mayGroupsWriteAbove === true && facts.uid === ROOT);
  return judgeMode(path, facts, { ...rules, isShared: isGroupTrusted });
}

function judgeLink(
  path: string,
  facts: FileFacts,
  rules: TrustRules & { readonly isLast: boolean; readonly isLoop: boolean },
): Distrust | null {
  if (rules.isLast && rules.what === 'written') return distrust(path, 'is a symbolic link', ['rm', '--', path]);
  if (rules.isLoop) return distrust(path, 'is a symbolic link in a circle of links', null);
  return isTrusted(facts, rules)
    ? null
    : distrust(path, `is a symbolic link of user ${facts.uid}`, ['chown', '-h', 'root', '--', path]);
}

function judgeOwner(path: string, facts: FileFacts, rules: TrustRules): Distrust | null {
  if (isTrusted(facts, rules)) return null;
  return distrust(path, `belongs to user ${facts.uid}, neither to root nor to us`, ['chown', 'root', '--', path]);
}

function isTrusted(facts: FileFacts, rules: TrustRules): boolean {
  return facts.uid === ROOT || rules.owners.includes(facts.uid);
}

function judgeMode(path: string, facts: FileFacts, { isShared = false }: TrustRules): Distrust | null {
  if ((facts.mode & (isShared ? OTHERS_WRITE : GROUP_WRITES | OTHERS_WRITE)) === 0) return null;
  const mode = (facts.mode & 0o7777).toString(8).padStart(4, '0');
  return distrust(path, `can be written by others (mode ${mode})`, ['chmod', isShared ? 'o-w' : 'go-w', '--', path]);
}

function distrust(path: string, problem: string, remedy: readonly string[] | null): Distrust {
  return { kind: 'distrusted', path, problem, remedy: remedy === null ? null : shellCommand(...remedy) };
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}
