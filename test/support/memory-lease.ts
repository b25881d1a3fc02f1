/** Ownership without a database: what several monitors of the same rows share in a test. */
import type { Ownership, OwnerState } from '../../src/ports/ownership.js';

/** Whoever asks first is the owner; who gives it back hands it to the one that has waited longest. */
export class MemoryLease {
  #contenders: MemoryOwnership[] = [];
  #takings = 0;

  join(name: string): MemoryOwnership {
    const contender = new MemoryOwnership(name, this);
    this.#contenders.push(contender);
    this.#settle();
    return contender;
  }

  leave(contender: MemoryOwnership): void {
    this.#contenders = this.#contenders.filter((other) => other !== contender);
    this.#settle();
  }

  /** Somebody else takes it and gives it back: whoever had it has it again before its state could show anything else. */
  usurp(): void {
    this.#take(this.#contenders[0]);
  }

  #take(contender: MemoryOwnership | undefined): void {
    this.#takings += 1;
    contender?.become({ kind: 'owner', term: this.#takings });
  }

  #settle(): void {
    const [first, ...others] = this.#contenders;
    if (first === undefined) return;
    if (first.state().kind !== 'owner') this.#take(first);
    for (const other of others) other.become({ kind: 'standby', holder: first.name });
  }
}

export class MemoryOwnership implements Ownership {
  readonly name: string;
  readonly #lease: MemoryLease;
  #state: OwnerState = { kind: 'unknown', detail: 'not asked yet' };
  #isReleased = false;
  #waiting: (() => void)[] = [];

  constructor(name: string, lease: MemoryLease) {
    this.name = name;
    this.#lease = lease;
  }

  state(): OwnerState {
    return this.#state;
  }

  /** For tests of what an engine does with it, too: any state, at any time, until it is given back. */
  become(state: OwnerState): void {
    if (this.#isReleased || JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    for (const tell of this.#waiting.splice(0)) tell();
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      const tell = (): void => {
        signal.removeEventListener('abort', tell);
        resolve();
      };
      signal.addEventListener('abort', tell);
      this.#waiting.push(tell);
    });
  }

  release(): Promise<void> {
    this.become({ kind: 'unknown', detail: 'given back' });
    this.#isReleased = true;
    this.#lease.leave(this);
    return Promise.resolve();
  }
}
