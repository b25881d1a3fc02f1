/** The ends of jobs, as systemd announces them, for those who wait for one. */

/** More than any host has under way; the oldest goes first. */
const MOST_EARLY = 1000;

/**
 * Several may wait for one job, as systemd merges jobs for one unit. A job can end before its number has come to the one
 * who asked for it: ends are kept while anybody asks.
 */
export class JobResults {
  readonly #waiting = new Map<string, Set<(result: string | null) => void>>();
  readonly #early = new Map<string, string>();
  #asking = 0;

  /** Between these two the ends of all jobs are kept. */
  beginAsking(): void {
    this.#asking++;
  }

  endAsking(): void {
    if (--this.#asking === 0) this.#early.clear();
  }

  ended(job: string, result: string): void {
    const waiting = this.#waiting.get(job);
    this.#waiting.delete(job);
    for (const tell of waiting ?? []) tell(result);
    if (this.#asking === 0) return;
    this.#early.set(job, result);
    const [oldest] = this.#early.keys();
    if (this.#early.size > MOST_EARLY && oldest !== undefined) this.#early.delete(oldest);
  }

  /** What is announced meanwhile is not heard: all who wait are told null. */
  interrupt(): void {
    const all = [...this.#waiting.values()].flatMap((tellers) => [...tellers]);
    this.#waiting.clear();
    this.#early.clear();
    for (const tell of all) tell(null);
  }

  /** Calls back once, with `done`, `failed`, …, unless what this returns is called before. */
  onEnd(job: string, tell: (result: string | null) => void): () => void {
    const early = this.#early.get(job);
    if (early !== undefined) {
      tell(early);
      return () => undefined;
    }
    const waiting = this.#waiting.get(job) ?? new Set();
    waiting.add(tell);
    this.#waiting.set(job, waiting);
    return () => {
      waiting.delete(tell);
      if (waiting.size === 0 && this.#waiting.get(job) === waiting) this.#waiting.delete(job);
    };
  }
}
