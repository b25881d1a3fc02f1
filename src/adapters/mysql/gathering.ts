/** Puts together what many ask for in the same turn, or while every connection is lent, so that it is one piece of work. */

interface Open<In, Out> {
  readonly signal: AbortSignal;
  readonly items: In[];
  readonly answers: Promise<readonly Out[]>;
}

/** Begins at once, and works on what `take` gives it; called again, `take` gives the same. One answer for each item, in order. */
export type Begin<In, Out> = (signal: AbortSignal, take: () => readonly In[]) => Promise<readonly Out[]>;

export class Gathering<In, Out> {
  readonly #most: number;
  readonly #begin: Begin<In, Out>;
  #open: Open<In, Out> | null = null;

  /** `most`: items in one piece of work. `begin` must not take them in the turn in which it is called. */
  constructor(most: number, begin: Begin<In, Out>) {
    this.#most = most;
    this.#begin = begin;
  }

  /** Only those that end with the same signal are put together. Rejects as the work does. */
  async ask(item: In, signal: AbortSignal): Promise<Out> {
    const known = this.#open;
    const isFitting = known !== null && known.signal === signal && known.items.length < this.#most;
    const open = isFitting ? known : this.#start(signal);
    const position = open.items.push(item) - 1;
    const answer = (await open.answers)[position];
    if (answer === undefined) throw new Error('an item was left without an answer');
    return answer;
  }

  #start(signal: AbortSignal): Open<In, Out> {
    const items: In[] = [];
    const close = (): void => {
      if (this.#open?.items === items) this.#open = null;
    };
    const begun = this.#begin(signal, () => {
      close();
      return items;
    });
    const open = { signal, items, answers: begun.finally(close) };
    this.#open = open;
    return open;
  }
}
