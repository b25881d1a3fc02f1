/** A file with the time of the last sign of life, for whoever watches the monitor from outside. */
import { lstatSync, readlinkSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { geteuid, pid } from 'node:process';
import { distrustText, judgePath } from '../../domain/file-trust.js';
import type { Clock } from '../../ports/clock.js';

const FILE_MODE = 0o644;
const EYES = { look: (path: string) => lstatSync(path, { throwIfNoEntry: false }), follow: readlinkSync };

export type BeatResult =
  | { readonly kind: 'written' }
  /** The first failure in a row: worth a line. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** Told already. */
  | { readonly kind: 'still_failing' };

/**
 * Holds epoch seconds and a line end, for example `1767225600`; readable by all, whole at every moment. Not written where
 * another could have put a file or link in its place.
 */
export class HeartbeatFile {
  readonly #path: string;
  readonly #clock: Clock;
  #isFailing = false;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Writes the present time. Never rejects. */
  async beat(): Promise<BeatResult> {
    const temporary = `${this.#path}.${pid}.tmp`;
    try {
      const trust = judgePath(this.#path, EYES, { what: 'written', owners: [geteuid?.() ?? 0] });
      if (trust.kind === 'distrusted') return this.#fail(distrustText(trust));
      await rm(temporary, { force: true });
      await writeFile(temporary, `${Math.floor(this.#clock.nowMs() / 1000)}\n`, { mode: FILE_MODE, flag: 'wx' });
      await rename(temporary, this.#path);
      this.#isFailing = false;
      return { kind: 'written' };
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #fail(detail: string): BeatResult {
    if (this.#isFailing) return { kind: 'still_failing' };
    this.#isFailing = true;
    return { kind: 'failed', detail };
  }
}
