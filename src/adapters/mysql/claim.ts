/** Takes rows up before anything is done to their process, so that what is raised later can be told from it. */
import { hasMark, isMark, markOf, withMark, type NoteLimit } from '../../domain/alarm-note.js';
import type { ProcessId } from '../../domain/alarm.js';
import type { Claim, ClaimResult } from '../../ports/alarm-writer.js';
import { StoreError } from '../../ports/store-error.js';
import type { FencedConnection } from './fence.js';
import { textOf, type Row } from './row.js';
import type { Scope } from './sql.js';
import { readAlarmedRows, readClearRows, writeMark } from './write-sql.js';

/** So often a note that changes under our hands is read again. */
export const ROUNDS = 3;

/** A process's rows, and the way to them. */
export interface RowsWork {
  readonly connection: FencedConnection;
  readonly scope: Scope;
  readonly processId: ProcessId;
  /** null: notes may not or cannot be written. */
  readonly limit: NoteLimit | null;
  /** The limit as it is now, not as it was when the tables were looked up. */
  readonly limitNow: () => Promise<NoteLimit | null>;
  readonly signal: AbortSignal;
}

/** One row as far as it matters to a write. */
export interface SeenRow {
  readonly note: string | null;
  /** null: there is no such column. */
  readonly sequence: string | null;
}

/** What a claim says: nothing, or by which mark or sequence numbers a row is known to be the one that was taken up. */
export type KnownClaim =
  | { readonly kind: 'none' }
  | { readonly kind: 'mark'; readonly mark: string }
  | { readonly kind: 'sequence'; readonly sequences: readonly string[] };

const SEQUENCES = /^seq:((?:\d+(?:,\d+)*)?)$/;

/** It says nothing where the column that it is about has gone since. */
export function readClaim(claim: Claim | null, scope: Scope): KnownClaim {
  if (claim === null) return { kind: 'none' };
  if (isMark(claim)) return scope.hasNotes ? { kind: 'mark', mark: claim } : { kind: 'none' };
  const numbers = SEQUENCES.exec(claim)?.[1];
  if (numbers === undefined || !scope.hasSequence) return { kind: 'none' };
  return { kind: 'sequence', sequences: numbers === '' ? [] : numbers.split(',') };
}

/** The rows among `rows` that are as they were claimed: not raised again since. */
export function claimedAmong(rows: readonly SeenRow[], claim: KnownClaim): readonly SeenRow[] {
  switch (claim.kind) {
    case 'none':
      return rows;
    case 'mark':
      return rows.filter(({ note }) => hasMark(note, claim.mark));
    case 'sequence': {
      // Of duplicates, one that was raised again may have got the number of its twin: then neither is taken for ours.
      const isOf = (sequence: string | null) => (other: SeenRow) => other.sequence === sequence;
      const claimed = (sequence: string | null): number => claim.sequences.filter((each) => each === sequence).length;
      return rows.filter(({ sequence }) => rows.filter(isOf(sequence)).length <= claimed(sequence));
    }
  }
}

export async function claimRows(work: RowsWork, alarmId: string): Promise<ClaimResult> {
  const mark = markOf(alarmId);
  let { limit } = work;
  for (let round = 0; round < ROUNDS; round += 1) {
    const rows = await alarmedRows(work);
    const sequences = rows.map(({ sequence }) => sequence).filter((sequence) => sequence !== null);
    // Zero under an alarm: it was raised where no trigger counted.
    const isCounted = work.scope.hasSequence && !sequences.includes('0');
    const claim = isCounted ? `seq:${sequences.join(',')}` : mark;
    if (rows.length === 0) return { kind: 'not_ours', claim };
    if (isCounted) return { kind: 'claimed', claim };
    const notes = new Set(rows.map(({ note }) => note).filter((note) => !hasMark(note, mark)));
    // Before it is given up for want of room: the column may have been widened under us.
    if (limit !== null && !fits(notes, mark, limit)) limit = await work.limitNow();
    if (limit === null || !fits(notes, mark, limit)) return { kind: 'unclaimed' };
    const written = await markEach(work, mark, { notes, limit });
    if (written === 'all') return { kind: 'claimed', claim };
    if (written === 'refused') break;
  }
  return { kind: 'unclaimed' };
}

function fits(notes: ReadonlySet<string | null>, mark: string, limit: NoteLimit): boolean {
  return [...notes].every((note) => withMark(note, mark, limit) !== null);
}

/** `some`: a note was no longer as read; `refused`: the column does not take it. */
async function markEach(
  { connection, scope, processId, signal }: RowsWork,
  mark: string,
  { notes, limit }: { readonly notes: ReadonlySet<string | null>; readonly limit: NoteLimit },
): Promise<'all' | 'some' | 'refused'> {
  let result: 'all' | 'some' = 'all';
  for (const seen of notes) {
    const next = withMark(seen, mark, limit);
    if (next === null) return 'refused';
    try {
      if ((await connection.change(writeMark(scope, processId, { seen, next }), signal)) === 0) result = 'some';
    } catch (error) {
      if (error instanceof StoreError && error.code === 'bad_value') return 'refused';
      throw error;
    }
  }
  return result;
}

export async function alarmedRows({ connection, scope, processId, signal }: RowsWork): Promise<readonly SeenRow[]> {
  return (await connection.rows(readAlarmedRows(scope, processId), signal)).map(seenRow);
}

export async function clearRows({ connection, scope, processId, signal }: RowsWork): Promise<readonly SeenRow[]> {
  return (await connection.rows(readClearRows(scope, processId), signal)).map(seenRow);
}

/** Of the columns `notes` and `sequence`. */
export function seenRow(row: Row): SeenRow {
  return { note: textOf(row['notes']), sequence: textOf(row['sequence']) };
}
