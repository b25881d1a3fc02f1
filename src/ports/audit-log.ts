/** The record of what people had the monitor do: every acting request, before it is begun and after it has ended. */
import type { Asker } from './control-handler.js';

export interface AuditEntry {
  /** The same in both lines of one request. */
  readonly id: string;
  /** `intent`: about to be done; `result`: how it ended, or that it was refused. */
  readonly phase: 'intent' | 'result';
  /** null: not proved. */
  readonly asker: Asker | null;
  /** `socket`: through the running monitor; `command`: done by the command itself. */
  readonly from: 'socket' | 'command';
  /** For example `restart`, `alarm_raise`. */
  readonly what: string;
  /** What it is done to; any text. */
  readonly target: string;
  /** The reason the asker gave; any text. */
  readonly why: string | null;
  /** For example `done`, `not_allowed`; null for an intent. */
  readonly result: string | null;
  /** Any text; null: nothing to add. */
  readonly detail: string | null;
}

export type AuditResult = { readonly kind: 'written' } | { readonly kind: 'failed'; readonly detail: string };

export interface AuditLog {
  /** Resolves when the line is on the disk, or with why it is not. Never rejects. */
  write(entry: AuditEntry): Promise<AuditResult>;
}
