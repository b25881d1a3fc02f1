/** Waits for a condition of the real world, by looking again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE } from '../../support/patience.js';

export interface WaitOptions {
  /** Completes the sentence "waited N ms for …". */
  readonly what: string;
  /** Default: that of `PATIENCE`. */
  readonly timeoutMs?: number;
  /** Between two looks; default 30 ms. */
  readonly everyMs?: number;
}

/** Rejects when the condition does not hold in time; a rejection of the condition itself counts as "not yet". */
export async function waitFor(condition: () => Promise<boolean>, options: WaitOptions): Promise<void> {
  const { what, timeoutMs = PATIENCE.timeout, everyMs = 30 } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      if (await condition()) return;
    } catch (error: unknown) {
      cause = error;
    }
    if (Date.now() >= deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause });
    await sleep(everyMs);
  }
}
