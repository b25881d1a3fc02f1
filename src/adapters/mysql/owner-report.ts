/** How it is decided which of several monitors acts, found out without becoming one of them. */
import { StoreError } from '../../ports/store-error.js';
import type { MysqlConnection } from './connection.js';
import { leaseName, lockName } from './lease-names.js';
import { readLease, readLock, readOrigin, renewLease, tryAddLease } from './lease-sql.js';
import { holderText } from './lease-terms.js';
import type { LeaseTerms, MysqlOptions } from './options.js';
import { textOf } from './row.js';

/**
 * `lease`: by the row of the lease, whose last `holder` need not live any more. `lock`: by a lock of the server, because of `why`;
 * `holder` has it now. `none`: not at all, because of `why`. `unknown`: cannot be said while the server takes no writes.
 */
export type Decider =
  | { readonly kind: 'lease'; readonly holder: string }
  | { readonly kind: 'lock'; readonly holder: string; readonly why: string }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'unknown' };

/** No owner is ever called so; a free lease has no name at all. */
const NO_OWNER = 'nobody at all';

/** Changes nothing. Throws `StoreError`. */
export async function findDecider(
  connection: MysqlConnection,
  { options, terms }: { readonly options: MysqlOptions; readonly terms: LeaseTerms },
  signal: AbortSignal,
): Promise<Decider> {
  const key = { name: leaseName(options, terms), database: options.ownDatabase };
  try {
    const [row] = await connection.rows(readLease(key), signal);
    // Asked for as the keeper would, so that a right that is missing shows here first.
    if (row === undefined) await connection.change(tryAddLease(key), signal);
    await connection.change(renewLease(key, NO_OWNER), signal);
    return { kind: 'lease', holder: holderText(textOf(row?.['owner']) ?? '') };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'read_only') return { kind: 'unknown' };
    if (error.code !== 'schema' && error.code !== 'rights') throw error;
    return findLock(connection, { name: lockName(options, terms), why: error.message }, signal);
  }
}

async function findLock(
  connection: MysqlConnection,
  { name, why }: { readonly name: string | null; readonly why: string },
  signal: AbortSignal,
): Promise<Decider> {
  if (name === null || connection.server.isClustered) return { kind: 'none', why };
  const [lock] = await connection.rows(readLock(name), signal);
  const holderId = textOf(lock?.['holderId']);
  if (holderId === null) return { kind: 'lock', holder: 'nobody', why };
  const [row] = await connection.rows(readOrigin(holderId), signal);
  const origin = textOf(row?.['origin']) ?? 'an unknown host';
  return { kind: 'lock', holder: `connection ${holderId} from ${origin}`, why };
}

/** `thing: value`, as the other facts of a report; null: the settings do not ask for one owner. */
export function deciderFact(decider: Decider | null): string {
  switch (decider?.kind) {
    case undefined:
      return 'one owner: not asked for, every monitor of these rows acts';
    case 'lease':
      return `one owner: by the lease, held by ${decider.holder}`;
    case 'lock':
      return `one owner: by a lock of this server, held by ${decider.holder}; no lease: ${decider.why}`;
    case 'none':
      return `one owner: nothing decides it, every monitor of these rows acts: ${decider.why}`;
    case 'unknown':
      return 'one owner: unknown while the server is read-only';
  }
}

/** What a person must know of monitors that nothing keeps apart. */
export function unguardedText(why: string): string {
  return `nothing keeps a second monitor of the same rows from acting too: ${why}; run \`process-monitor migrate\``;
}
