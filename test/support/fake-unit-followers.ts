/** Who follows which unit of a fake service manager, and the telling: at each change, twice, as systemd does. */
import type { Clock } from '../../src/ports/clock.js';
import type { UnitChange } from '../../src/ports/unit-manager.js';

interface Follower<Unit> {
  readonly name: string;
  readonly onChange: (change: UnitChange) => void;
  /** The unit by that name now; undefined: there is none. */
  readonly find: () => Unit | undefined;
}

type How = Pick<UnitChange, 'byJob'>;

export class FakeUnitFollowers<Unit> {
  /** Nothing is ever told. */
  isMute = false;
  readonly #clock: Clock;
  readonly #nextOf: (unit: Unit) => (How & { readonly atMs: number }) | null;
  #followers: Follower<Unit>[] = [];
  /** The wait for a unit's next change by itself. */
  readonly #waits = new Map<Unit, AbortController>();
  #isHeld = false;

  constructor(clock: Clock, nextOf: (unit: Unit) => (How & { readonly atMs: number }) | null) {
    this.#clock = clock;
    this.#nextOf = nextOf;
  }

  /** true: what is to be told waits until it is false again. */
  set isHeld(isHeld: boolean) {
    const wasHeld = this.#isHeld;
    this.#isHeld = isHeld;
    if (wasHeld && !isHeld) this.tellAll();
  }

  add(followers: readonly Follower<Unit>[], signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#followers.push(...followers);
    for (const { find } of followers) this.#waitForNext(find());
    signal.addEventListener('abort', () => {
      this.#followers = this.#followers.filter((other) => !followers.includes(other));
      for (const { find } of followers) this.#waitForNext(find());
    });
  }

  get count(): number {
    return this.#followers.length;
  }

  changed(unit: Unit, how: How): void {
    this.#tell(
      this.#followers.filter(({ find }) => find() === unit),
      how,
    );
    this.#waitForNext(unit);
  }

  /** Everything may have changed. */
  tellAll(): void {
    this.#tell(this.#followers, { byJob: false });
  }

  #tell(followers: readonly Follower<Unit>[], { byJob }: How): void {
    if (this.isMute || this.#isHeld) return;
    for (const follower of [...followers, ...followers]) {
      const { name, onChange } = follower;
      // Later than what it is told of, and never to one who has stopped listening.
      void Promise.resolve().then(() => {
        if (this.#followers.includes(follower)) onChange({ name, byJob });
      });
    }
  }

  #waitForNext(unit: Unit | undefined): void {
    if (unit === undefined) return;
    this.#waits.get(unit)?.abort();
    this.#waits.delete(unit);
    const next = this.isMute || !this.#followers.some(({ find }) => find() === unit) ? null : this.#nextOf(unit);
    if (next === null) return;
    const wait = new AbortController();
    this.#waits.set(unit, wait);
    void this.#clock.sleep(next.atMs - this.#clock.monotonicMs(), wait.signal).then((how) => {
      if (how === 'elapsed' && !wait.signal.aborted) this.changed(unit, next);
    });
  }
}
