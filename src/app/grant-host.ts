/** Compares the files that the settings ask for with those on this host, and puts them there or takes them away. */
import { dirname } from 'node:path';
import type { ChangeResult, GrantFiles, PlaceState } from '../adapters/grants/grant-files.js';
import { DROP_IN_DIRECTORY } from '../domain/grant-drop-ins.js';
import { UNIT_DIRECTORY } from '../domain/grant-section.js';
import type { GrantFile } from '../domain/grant-facts.js';
import { RULE_FILE } from '../domain/grant-plan.js';
import type { CommandRunner } from '../ports/command-runner.js';

/** What a file is now and what it must become; `text` null: it must go, `before` null: it is not there. */
export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  readonly text: string | null;
}

export interface Comparison {
  /** In the order in which they are to be made. */
  readonly changes: readonly FileChange[];
  /** Files of somebody else in a place that is wanted, and places that cannot be looked at. */
  readonly obstacles: readonly string[];
}

/** Where files of ours may be, beside those that are wanted now. */
const PLACES: readonly (readonly [directory: string, pattern: RegExp])[] = [
  [dirname(RULE_FILE), /^50-process-monitor\.rules$/],
  [UNIT_DIRECTORY, /^pm-.+\.service$/],
  [DROP_IN_DIRECTORY, /^(?:kill-strategy|operators)\.conf$/],
];

const RELOAD_TIMEOUT_MS = 90_000;

/** Changes nothing. */
export async function compareFiles(files: GrantFiles, wanted: readonly GrantFile[]): Promise<Comparison> {
  const changes: FileChange[] = [];
  const obstacles: string[] = [];
  for (const { path, text } of wanted) {
    const place = await files.look(path);
    if (place.kind === 'foreign' || place.kind === 'unreadable') obstacles.push(place.detail);
    else if (!isAsWanted(place, text)) changes.push({ path, before: place.kind === 'ours' ? place.text : null, text });
  }
  const kept = new Set(wanted.map(({ path }) => path));
  for (const [directory, pattern] of PLACES) {
    for (const path of await files.ours(directory, pattern)) {
      const place = kept.has(path) ? null : await files.look(path);
      if (place?.kind === 'ours') changes.push({ path, before: place.text, text: null });
    }
  }
  return { changes: inOrder(changes), obstacles };
}

function isAsWanted(place: PlaceState, text: string): boolean {
  return place.kind === 'ours' && place.isProper && place.text === text;
}

/** The rule never names a unit whose file is not there yet, or not there any more. */
function inOrder(changes: readonly FileChange[]): readonly FileChange[] {
  const rule = changes.filter(({ path }) => path === RULE_FILE);
  const others = changes.filter(({ path }) => path !== RULE_FILE);
  const written = others.filter(({ text }) => text !== null);
  return [...written, ...rule, ...others.filter(({ text }) => text === null)];
}

export interface Carried {
  readonly done: readonly FileChange[];
  readonly failures: readonly string[];
}

/** Each change by itself: one that cannot be made keeps no other from being made. systemd reads changed units anew. */
export async function carryOut(
  files: GrantFiles,
  changes: readonly FileChange[],
  runner: CommandRunner,
): Promise<Carried> {
  const done: FileChange[] = [];
  const failures: string[] = [];
  const make = async (change: FileChange): Promise<void> => {
    const result = await makeChange(files, change);
    if (result.kind === 'done') done.push(change);
    else failures.push(result.detail);
  };
  const reload = async (): Promise<void> => {
    const problem = await reloadSystemd(runner);
    if (problem !== null) failures.push(problem);
  };
  for (const change of changes) {
    // By then systemd must know the units that the rule is about to name.
    if (change.path === RULE_FILE && done.length > 0) await reload();
    await make(change);
  }
  const last = done.at(-1);
  if (last !== undefined && last.path !== RULE_FILE) await reload();
  return { done, failures };
}

function makeChange(files: GrantFiles, { path, text }: FileChange): Promise<ChangeResult> {
  // Where polkit has no directory for rules it reads none: a rule in one of our making would only seem to count.
  return text === null ? files.remove(path) : files.write(path, text, path !== RULE_FILE);
}

async function reloadSystemd(runner: CommandRunner): Promise<string | null> {
  const result = await runner.run(
    { file: 'systemctl', args: ['--no-ask-password', 'daemon-reload'] },
    { timeoutMs: RELOAD_TIMEOUT_MS, signal: new AbortController().signal },
  );
  if (result.kind === 'exited' && result.exitCode === 0) return null;
  const said = 'output' in result ? result.output.trim() : result.detail;
  return `systemctl daemon-reload: ${said === '' ? result.kind : said}`;
}
