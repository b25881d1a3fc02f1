/** What the lease and the lock of the same rows are called. */
import { createHash } from 'node:crypto';
import type { LeaseTerms, MysqlOptions } from './options.js';

const LONGEST_LOCK_NAME = 64;

/** One database of our own may serve the alarms of several others. */
export function leaseName({ ownDatabase, database }: MysqlOptions, { name }: LeaseTerms): string {
  return ownDatabase === null ? name : `${name}@${database}`;
}

/** null: with several servers each could have a lock of that name. Locks belong to the whole server, and their names are short. */
export function lockName({ servers, database }: MysqlOptions, { name }: LeaseTerms): string | null {
  if (servers.length !== 1) return null;
  const full = `process-monitor/${database}/${name}`;
  if (full.length <= LONGEST_LOCK_NAME) return full;
  return `process-monitor/${createHash('sha256').update(full).digest('hex').slice(0, 40)}`;
}
