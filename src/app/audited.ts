/** Writes into the audit log what people do: before it is done, and how it ended. What cannot be recorded is not done. */
import { FileAuditLog } from '../adapters/audit/file-audit-log.js';
import { CryptoRandom } from '../adapters/random/crypto-random.js';
import { SystemClock } from '../adapters/time/system-clock.js';
import type { Settings } from '../config/settings.js';
import type { AuditEntry, AuditLog } from '../ports/audit-log.js';
import type { Random } from '../ports/random.js';
import { AuditError } from './failure-text.js';
import { ownAsker } from './people.js';
import { trustedOwners } from './service-account.js';

/** Who does what to whom, and why. */
export type Act = Pick<AuditEntry, 'asker' | 'from' | 'what' | 'target' | 'why'>;

/** As in the audit log. Example: `{ result: 'done', detail: '3 rows' }` */
export interface ActResult {
  readonly result: string;
  readonly detail: string | null;
}

export type Audited<T> =
  /** Nothing was done: it could not be recorded. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** `unwritten`: why the line of the result is missing; null: it is not. */
  | { readonly kind: 'done'; readonly value: T; readonly unwritten: string | null };

export interface AuditDeps {
  readonly audit: AuditLog;
  readonly random: Pick<Random, 'id'>;
}

/** Rejects with what `work` rejects with, once that is recorded too. */
export async function audited<T>(
  { audit, random }: AuditDeps,
  act: Act,
  work: () => Promise<T>,
  resultOf: (value: T) => ActResult,
): Promise<Audited<T>> {
  const id = random.id();
  const intent = await audit.write({ ...act, id, phase: 'intent', result: null, detail: null });
  if (intent.kind === 'failed') return { kind: 'refused', detail: unwritable(intent.detail) };
  let value: T;
  try {
    value = await work();
  } catch (cause: unknown) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    await audit.write({ ...act, id, phase: 'result', result: 'failed', detail });
    throw cause;
  }
  const written = await audit.write({ ...act, id, phase: 'result', ...resultOf(value) });
  return { kind: 'done', value, unwritten: written.kind === 'written' ? null : written.detail };
}

export function unwritable(detail: string): string {
  return `audit log cannot be written: ${detail}; nothing was done`;
}

/**
 * For what a command does itself, without the monitor: recorded under the user who runs it. Throws `AuditError` where that cannot be
 * written: nothing was done then, unless the message says so.
 */
export async function auditedCommand<T>(
  { logging }: Pick<Settings, 'logging'>,
  act: Pick<Act, 'what' | 'target' | 'why'>,
  work: () => Promise<T>,
  resultOf: (value: T) => ActResult,
): Promise<T> {
  const audit = new FileAuditLog(() => logging.directory, new SystemClock(), trustedOwners());
  const deps = { audit, random: new CryptoRandom() };
  const whole: Act = { ...act, asker: await ownAsker(), from: 'command' };
  const end = await audited(deps, whole, work, resultOf);
  if (end.kind === 'refused') throw new AuditError(end.detail);
  if (end.unwritten !== null)
    throw new AuditError(`it was done, but its result is not in the audit log: ${end.unwritten}`);
  return end.value;
}
