/** Claims and clears the rows of many processes in two statements, as far as they are plain: the others go alone. */
import { composeNote, fitsNote, hasMark, markOf, withMark, type NoteLimit } from '../../domain/alarm-note.js';
import { parseProcessId, type ProcessId } from '../../domain/alarm.js';
import type { Claiming, ClaimResult, Clearing, ClearResult } from '../../ports/alarm-writer.js';
import { StoreError } from '../../ports/store-error.js';
import { claimedAmong, readClaim, seenRow, type SeenRow } from './claim.js';
import type { FencedConnection } from './fence.js';
import { numberOf, textOf } from './row.js';
import type { Scope } from './sql.js';
import { readRowsAndNames, rewriteRows, type Rewriting } from './write-sql.js';

/** Where the work is done. */
export interface QuickWork {
  readonly connection: FencedConnection;
  readonly scope: Scope;
  /** null: notes may not or cannot be written. */
  readonly limit: NoteLimit | null;
  readonly signal: AbortSignal;
}

export interface ClaimAsked extends Claiming {
  readonly processId: ProcessId;
}

export interface ClearAsked extends Clearing {
  readonly processId: ProcessId;
}

/**
 * Several rows, no room, a note that the column refuses, a row that somebody changes or locks in this instant: its process
 * is to be dealt with by itself. It is of the name that was asked for.
 */
export type Alone = 'alone';

/** One row that is to be written; done, it is answered so. */
interface Planned<Result> {
  readonly rewriting: Rewriting;
  readonly done: Result;
}

/** Throws `StoreError`; then nothing is known of any. */
export async function quickClaims(
  work: QuickWork,
  asked: readonly ClaimAsked[],
): Promise<readonly (ClaimResult | Alone)[]> {
  const looked = await look(work, asked);
  const plan = asked.map((each) => planClaim(work, each, looked.get(each.processId) ?? NOTHING));
  return carryOut(work, plan, 'claim');
}

/** Throws `StoreError`; then nothing is known of any, and it may be repeated. */
export async function quickClears(
  work: QuickWork,
  asked: readonly ClearAsked[],
): Promise<readonly (ClearResult | Alone)[]> {
  const looked = await look(work, asked);
  const plan = asked.map((each) => planClear(work, each, looked.get(each.processId) ?? NOTHING));
  return carryOut(work, plan, 'clear');
}

/** What is there of one id. */
interface Looked {
  readonly rows: readonly SeenRow[];
  /** Without keys an id may have several. */
  readonly names: readonly (string | null)[];
}

const NOTHING: Looked = { rows: [], names: [] };

async function look(
  { connection, scope, signal }: QuickWork,
  asked: readonly { readonly processId: ProcessId }[],
): Promise<ReadonlyMap<ProcessId, Looked>> {
  const ids = [...new Set(asked.map(({ processId }) => processId))];
  const looked = new Map<ProcessId, { readonly rows: SeenRow[]; readonly names: (string | null)[] }>();
  for (const row of await connection.rows(readRowsAndNames(scope, ids), signal)) {
    const processId = parseProcessId(row['processId']);
    if (processId === null) continue;
    const known = looked.get(processId) ?? { rows: [], names: [] };
    looked.set(processId, known);
    if (numberOf(row['isRow']) === 1) known.rows.push(seenRow(row));
    else known.names.push(textOf(row['processName']));
  }
  return looked;
}

function isCalled({ names }: Looked, name: string | undefined): boolean {
  return name === undefined || names.includes(name);
}

function planClaim(
  { scope, limit }: QuickWork,
  { processId, alarmId, processName }: ClaimAsked,
  looked: Looked,
): ClaimResult | Alone | Planned<ClaimResult> {
  const mark = markOf(alarmId);
  const rows = isCalled(looked, processName) ? looked.rows : [];
  const sequences = rows.map(({ sequence }) => sequence).filter((sequence) => sequence !== null);
  // Zero under an alarm: it was raised where no trigger counted.
  const isCounted = scope.hasSequence && !sequences.includes('0');
  const claim = isCounted ? `seq:${sequences.join(',')}` : mark;
  const [seen, twin] = rows;
  if (seen === undefined) return { kind: 'not_ours', claim };
  if (isCounted) return { kind: 'claimed', claim };
  if (limit === null) return { kind: 'unclaimed' };
  if (twin !== undefined) return 'alone';
  if (hasMark(seen.note, mark)) return { kind: 'claimed', claim };
  const next = withMark(seen.note, mark, limit);
  return next === null ? 'alone' : { rewriting: { processId, seen, next }, done: { kind: 'claimed', claim } };
}

function planClear(
  { scope, limit }: QuickWork,
  { processId, stamp, claim, processName }: ClearAsked,
  looked: Looked,
): ClearResult | Alone | Planned<ClearResult> {
  if (!isCalled(looked, processName)) return { kind: 'renamed' };
  const [seen, twin] = looked.rows;
  if (seen === undefined || twin !== undefined || limit === null) return 'alone';
  if (claimedAmong([seen], readClaim(claim, scope)).length === 0) return { kind: 'raised_again' };
  if (!fitsNote(seen.note, stamp, limit)) return 'alone';
  const next = composeNote(seen.note, stamp, limit);
  return { rewriting: { processId, seen, next }, done: { kind: 'cleared', rows: 1, noteStored: true } };
}

async function carryOut<Result extends { readonly kind: string }>(
  work: QuickWork,
  plan: readonly (Result | Alone | Planned<Result>)[],
  end: 'claim' | 'clear',
): Promise<readonly (Result | Alone)[]> {
  const rewritings = plan.flatMap((each) => (isPlanned(each) ? [each.rewriting] : []));
  const areWritten = rewritings.length > 0 && (await rewriteAll(work, rewritings, end));
  return plan.map((each) => (isPlanned(each) ? (areWritten ? each.done : 'alone') : each));
}

/** false: at least one was not, or it is not known which: repeated alone, one that was written shows that it was. */
async function rewriteAll(
  { connection, scope, signal }: QuickWork,
  rewritings: readonly Rewriting[],
  end: 'claim' | 'clear',
): Promise<boolean> {
  if (new Set(rewritings.map(({ processId }) => processId)).size < rewritings.length) return false;
  try {
    return (await connection.change(rewriteRows(scope, rewritings, end), signal)) === rewritings.length;
  } catch (error) {
    if (error instanceof StoreError && (error.code === 'bad_value' || error.code === 'busy')) return false;
    throw error;
  }
}

function isPlanned<Result extends { readonly kind: string }>(
  each: Result | Alone | Planned<Result>,
): each is Planned<Result> {
  return typeof each === 'object' && 'rewriting' in each;
}
