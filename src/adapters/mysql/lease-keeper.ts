/** Keeps or awaits the lease: beside everything else, on a connection of its own, until it is given back. */
import type { Clock, SleepSpan } from '../../ports/clock.js';
import type { Ownership, OwnerState } from '../../ports/ownership.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import type { FenceOrder } from './fence.js';
import { LeaseLink } from './lease-link.js';
import { isSameTaking, LeaseRounds, type Standing } from './lease-round.js';
import { leaseName, lockName } from './lease-names.js';
import type { LeaseKey } from './lease-sql.js';
import { isAtWork, ownerForMs, signEveryMs } from './lease-terms.js';
import type { LeaseTerms, MysqlOptions } from './options.js';
import { unguardedText } from './owner-report.js';

export interface LeaseSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Hears, once for each reason, that several monitors may act. */
  readonly warn: (detail: string) => void;
}

/** A release must not hold up the end of the monitor; then the others wait for the end of the lease. */
const RELEASE_WITHIN_MS = 2000;
/** Part of the time between two signs of life after which the next may come. */
const SOONER = 0.8;
/** While nothing limits the wait but the signal. */
const LONG_MS = 3_600_000;

export class LeaseKeeper implements Ownership {
  readonly #terms: LeaseTerms;
  readonly #key: LeaseKey;
  readonly #lockName: string | null;
  readonly #surroundings: LeaseSurroundings;
  readonly #link: LeaseLink;
  readonly #rounds: LeaseRounds;
  readonly #ending = new AbortController();
  /** Ends the rest until the next round. */
  #rest = new AbortController();
  /** When a write was last told what to prove; monotonic milliseconds. */
  #wroteMs = -Infinity;
  readonly #running: Promise<void>;
  #standing: Standing | null = null;
  /** Of the standing; counts up with each taking. */
  #term = 0;
  /** Why the last round found nothing out; null: it did. */
  #failure: string | null = null;
  #warned: string | null = null;
  #waiting: (() => void)[] = [];
  #releasing: Promise<void> | null = null;

  /** Begins at once. */
  constructor(options: MysqlOptions, terms: LeaseTerms, surroundings: LeaseSurroundings) {
    this.#terms = terms;
    this.#key = { name: leaseName(options, terms), database: options.ownDatabase };
    this.#surroundings = surroundings;
    // Between a sign of life and the end of our time a try without an answer, a new connection and the next try are begun.
    this.#link = new LeaseLink(options, terms.timeMs / 4, surroundings);
    this.#lockName = lockName(options, terms);
    this.#rounds = new LeaseRounds({ ...surroundings, terms, key: this.#key, lockName: this.#lockName });
    this.#running = this.#run();
  }

  state(): OwnerState {
    if (this.#releasing !== null) return { kind: 'unknown', detail: 'given back' };
    const standing = this.#standing;
    if (standing === null) return { kind: 'unknown', detail: this.#failure ?? 'not asked yet' };
    switch (standing.kind) {
      case 'everyone':
        return { kind: 'owner', term: this.#term };
      case 'other':
        return this.#failure === null
          ? { kind: 'standby', holder: standing.holder }
          : { kind: 'unknown', detail: this.#failure };
      case 'lease':
      case 'lock':
        return this.#isOurs(standing)
          ? { kind: 'owner', term: this.#term }
          : { kind: 'unsure', detail: this.#unsureText() };
    }
  }

  async changed(signal: AbortSignal): Promise<void> {
    const before = keyOf(this.state());
    while (!signal.aborted && keyOf(this.state()) === before) await this.#nextTurn(signal);
  }

  release(): Promise<void> {
    this.#releasing ??= this.#giveBack();
    this.#tellWaiting();
    return this.#releasing;
  }

  /** What a write must prove at this moment. With it the time of work begins, in which signs of life come more often. */
  fence(): FenceOrder {
    const standing = this.#standing;
    this.#goToWork();
    if (this.#releasing === null && standing !== null) {
      if (standing.kind === 'everyone') return { kind: 'open' };
      if (standing.kind === 'lease' && this.#isOurs(standing))
        return { kind: 'lease', key: this.#key, owner: standing.owner };
      if (standing.kind === 'lock' && this.#lockName !== null && this.#isOurs(standing))
        return { kind: 'lock', name: this.#lockName, connectionId: standing.connectionId };
    }
    return { kind: 'shut' };
  }

  /** The rest under way was reckoned for a time without work. */
  #goToWork(): void {
    const nowMs = this.#surroundings.clock.monotonicMs();
    const isNew = !isAtWork(nowMs - this.#wroteMs, this.#terms.timeMs);
    this.#wroteMs = nowMs;
    if (isNew) this.#rest.abort('at work');
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#round(signal);
      this.#tellWaiting();
      await this.#untilNextRound();
    }
  }

  async #untilNextRound(): Promise<void> {
    let how = 'aborted';
    while (how === 'aborted' && !this.#ending.signal.aborted) {
      this.#rest = new AbortController();
      how = await this.#surroundings.clock.sleepBetween(this.#pause(), this.#rest.signal);
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    try {
      const standing = await this.#link.use(signal, (connection) => this.#rounds.next(connection, signal));
      if (!isSameTaking(this.#standing, standing)) this.#term += 1;
      this.#standing = standing;
      this.#failure = null;
      this.#warnOf(standing);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#failure = error.message;
    }
  }

  #warnOf(standing: Standing): void {
    const why = standing.kind === 'everyone' ? standing.why : null;
    if (why !== null && why !== this.#warned) this.#surroundings.warn(unguardedText(why));
    this.#warned = why;
  }

  /** A sign of life may come sooner, with something else that wakes the program. */
  #pause(): SleepSpan {
    const mostMs = this.#pauseMs();
    const kind = this.#failure === null ? this.#standing?.kind : null;
    return { leastMs: kind === 'lease' || kind === 'lock' ? mostMs * SOONER : mostMs, mostMs };
  }

  #pauseMs(): number {
    const { random } = this.#surroundings;
    const standing = this.#standing;
    const { timeMs } = this.#terms;
    if (this.#failure !== null || standing === null) return Math.min(1000, timeMs / 15) * (0.5 + random.fraction() / 2);
    switch (standing.kind) {
      case 'lease':
      case 'lock':
        return this.#untilNextSignMs(standing);
      case 'other':
        // Several that wait for the same moment do not all come in it.
        return standing.lookInMs + 10 * random.fraction();
      case 'everyone':
        return timeMs;
    }
  }

  #untilNextSignMs({ sent }: Extract<Standing, { readonly kind: 'lease' | 'lock' }>): number {
    const nowMs = this.#surroundings.clock.monotonicMs();
    const everyMs = signEveryMs(nowMs - this.#wroteMs, this.#terms.timeMs);
    return Math.max(0, sent.monotonicMs + everyMs - nowMs);
  }

  #isOurs(standing: Extract<Standing, { readonly kind: 'lease' | 'lock' }>): boolean {
    const isAlive = standing.kind === 'lease' || this.#link.isOn(standing.connection);
    return isAlive && this.#leftMs(standing) > 0;
  }

  #leftMs({ sent }: Extract<Standing, { readonly kind: 'lease' | 'lock' }>): number {
    const { clock } = this.#surroundings;
    return ownerForMs(sent, { monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() }, this.#terms.timeMs);
  }

  /** The same words as long as the cause is the same: each change is a line in the log. */
  #unsureText(): string {
    const cause = this.#failure ?? 'this monitor was held up, or the answer is on its way';
    return `no sign of life of ours has reached the database in time: ${cause}`;
  }

  /** The next round has ended, or our time is over, or the signal. */
  async #nextTurn(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort('over');
    signal.addEventListener('abort', end);
    this.#waiting.push(end);
    const standing = this.#standing;
    const isHeld = standing !== null && (standing.kind === 'lease' || standing.kind === 'lock');
    const leftMs = isHeld ? this.#leftMs(standing) : 0;
    if (!signal.aborted) await this.#surroundings.clock.sleep(leftMs > 0 ? leftMs : LONG_MS, over.signal);
    signal.removeEventListener('abort', end);
    this.#waiting = this.#waiting.filter((other) => other !== end);
  }

  #tellWaiting(): void {
    for (const tell of this.#waiting) tell();
  }

  async #giveBack(): Promise<void> {
    this.#ending.abort('given back');
    this.#rest.abort('given back');
    await this.#running;
    if (this.#rounds.isBound) {
      const late = new AbortController();
      const over = new AbortController();
      const limit = this.#surroundings.clock.sleep(RELEASE_WITHIN_MS, over.signal).then(() => late.abort('too late'));
      await this.#link
        .use(late.signal, (connection) => this.#rounds.release(connection, late.signal))
        .catch((error: unknown) => {
          // Then the others wait for the end of the lease.
          if (!(error instanceof StoreError)) throw error;
        });
      over.abort('done');
      await limit;
    }
    await this.#link.close();
  }
}

function keyOf(state: OwnerState): string {
  return JSON.stringify(state);
}
