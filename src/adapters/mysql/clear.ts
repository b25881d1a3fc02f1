/** Clears a process's alarm on the rows that nobody has raised again, acknowledged or cleared meanwhile. */
import { composeNote, endsWithStamp, fitsNote, foldToAscii, type NoteLimit } from '../../domain/alarm-note.js';
import type { ClearResult } from '../../ports/alarm-writer.js';
import { StoreError } from '../../ports/store-error.js';
import { alarmedRows, claimedAmong, clearRows, ROUNDS, type KnownClaim, type RowsWork, type SeenRow } from './claim.js';
import { clearGuarded, markedWith, sameNote, sameSequence, type Part } from './write-sql.js';

/** One alarm to clear. */
export interface ClearingWork extends RowsWork {
  readonly stamp: string;
  readonly claim: KnownClaim;
}

export async function clearAlarm(work: ClearingWork): Promise<ClearResult> {
  let { limit } = work;
  let cleared = 0;
  for (let round = 0; limit !== null && round < ROUNDS; round += 1) {
    const known = limit;
    const rows = await alarmedRows(work);
    const ours = claimedAmong(rows, work.claim);
    if (rows.length === 0) return cleared > 0 ? stored(cleared) : findEarlierWrite(work);
    if (ours.length === 0) return { kind: 'raised_again' };
    // Before a person's words are cut: the column may have been widened under us.
    if (!ours.every(({ note }) => fitsNote(note, work.stamp, known))) limit = await work.limitNow();
    if (limit === null) break;
    const result = await clearEach(work, limit, ours);
    cleared += result.rows;
    if (result.kind === 'refused') break;
    if (result.kind === 'all') return ours.length < rows.length ? { kind: 'raised_again' } : stored(cleared);
  }
  return clearWithoutNotes(work, cleared);
}

/** `cleared`: so many rows that had room for the note. */
async function clearWithoutNotes(work: ClearingWork, cleared: number): Promise<ClearResult> {
  const { connection, scope, processId, claim, signal } = work;
  let rest = 0;
  for (const guards of guardsOf(claim)) {
    rest += await connection.change(clearGuarded(scope, processId, null, guards), signal);
  }
  if (claim.kind !== 'none' && (await alarmedRows(work)).length > 0) return { kind: 'raised_again' };
  if (rest > 0) return { kind: 'cleared', rows: cleared + rest, noteStored: false };
  return cleared > 0 ? stored(cleared) : findEarlierWrite(work);
}

/** One statement for each. */
function guardsOf(claim: KnownClaim): readonly (readonly Part[])[] {
  switch (claim.kind) {
    case 'none':
      return [[]];
    case 'mark':
      return [[markedWith(claim.mark)]];
    case 'sequence':
      return inOrder([...new Set(claim.sequences)]).map((sequence) => [sameSequence(sequence)]);
  }
}

/** `all`: each row was still as read; `some`: one was not; `refused`: the column does not take our note. */
async function clearEach(
  work: ClearingWork,
  limit: NoteLimit,
  seen: readonly SeenRow[],
): Promise<{ readonly kind: 'all' | 'some' | 'refused'; readonly rows: number }> {
  let rows = 0;
  for (const each of distinct(seen)) {
    const matched = await clearOne(work, limit, each);
    if (matched === 'refused') return { kind: 'refused', rows };
    // Read anew before anything else is cleared: of two rows of one process, this one may have the other's number now.
    if (matched === 0) return { kind: 'some', rows };
    rows += matched;
  }
  return { kind: 'all', rows };
}

async function clearOne(work: ClearingWork, limit: NoteLimit, seen: SeenRow): Promise<number | 'refused'> {
  const { connection, scope, processId, stamp, claim, signal } = work;
  const isCounted = claim.kind === 'sequence' && seen.sequence !== null;
  const guards = [sameNote(seen.note), ...(isCounted ? [sameSequence(seen.sequence)] : [])];
  const folded = foldToAscii(stamp);
  // Letters that the column does not know, or a limit that is not the one we read: one simpler and shorter try.
  const simpler = folded === stamp ? { ...limit, max: Math.floor(limit.max / 2) } : limit;
  for (const next of [composeNote(seen.note, stamp, limit), composeNote(seen.note, folded, simpler)]) {
    try {
      return await connection.change(clearGuarded(scope, processId, next, guards), signal);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'bad_value') throw error;
    }
  }
  return 'refused';
}

/**
 * Nothing is left to clear. If a row carries this very stamp, or its number is still the one that was claimed where no
 * note can be written, then we cleared it and only the answer was lost.
 */
async function findEarlierWrite(work: ClearingWork): Promise<ClearResult> {
  const { claim, scope, limit, stamp } = work;
  const isCounted = claim.kind === 'sequence' && limit === null;
  if (!scope.hasNotes && !isCounted) return { kind: 'not_ours' };
  const rows = await clearRows(work);
  const ours = rows.filter(({ note }) => endsWithStamp(note, stamp));
  if (ours.length > 0) return stored(ours.length);
  const counted = isCounted ? claimedAmong(rows, claim).length : 0;
  return counted > 0 ? { kind: 'cleared', rows: counted, noteStored: false } : { kind: 'not_ours' };
}

function distinct(rows: readonly SeenRow[]): readonly SeenRow[] {
  const bySight = new Map(rows.map((row) => [JSON.stringify([row.note, row.sequence]), row]));
  const sequences = inOrder([...new Set(rows.map(({ sequence }) => sequence ?? '0'))]);
  return [...bySight.values()].sort(
    (left, right) => sequences.indexOf(left.sequence ?? '0') - sequences.indexOf(right.sequence ?? '0'),
  );
}

/** From the lowest: a row that is raised again under our hands can only get a number that comes later. */
function inOrder(sequences: readonly string[]): readonly string[] {
  return [...sequences].sort((left, right) => (BigInt(left) < BigInt(right) ? -1 : 1));
}

function stored(rows: number): ClearResult {
  return { kind: 'cleared', rows, noteStored: true };
}
