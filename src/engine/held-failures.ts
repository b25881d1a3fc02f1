/** Failures that no alarm was raised for because of what a person can change: told once, and looked at again when that may have changed. */
import type { ProcessId } from '../domain/alarm.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { Ledger } from './ledger.js';
import type { Failed, HeldBack, NotRaised } from './unit-raises.js';

export interface HeldFailuresDeps {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly ledger: Pick<Ledger, 'memoryOf'>;
}

interface Held {
  readonly untilMs: number;
  readonly isolated: readonly ProcessId[];
}

interface Told {
  readonly invocation: string;
  readonly reasons: readonly NotRaised[];
}

/** Between two looks: nobody tells of a change of the row, and a look asks both systemd and the database. */
const LOOK_EVERY_MS = 60_000;

export class HeldFailures {
  readonly #deps: HeldFailuresDeps;
  /** Both by process name. */
  readonly #held = new Map<string, Held>();
  readonly #told = new Map<string, Told>();

  constructor(deps: HeldFailuresDeps) {
    this.#deps = deps;
  }

  /** Each reason is told once for each failure. */
  hold({ policy, unit, detail }: Failed, { reasons, isolated }: HeldBack): void {
    const { clock, events } = this.#deps;
    const { processName } = policy;
    const { id, invocationId: invocation } = unit;
    const before = this.#told.get(processName);
    const told = before?.invocation === invocation ? before.reasons : [];
    const news = reasons.filter((reason) => !told.includes(reason));
    for (const reason of news) events.emit({ type: 'alarm.not_raised', processName, unit: id, reason, detail });
    this.#told.set(processName, { invocation, reasons: [...told, ...news] });
    this.#held.set(processName, { untilMs: clock.monotonicMs() + LOOK_EVERY_MS, isolated });
  }

  /** Those whose time has come, or whose breaker a person has let go of: the ledger says that without asking anybody. */
  due(): readonly string[] {
    const { clock, ledger } = this.#deps;
    const isDue = ({ untilMs, isolated }: Held): boolean =>
      clock.monotonicMs() >= untilMs || isolated.some((id) => ledger.memoryOf(id)?.breaker.kind !== 'isolated');
    return [...this.#held].filter(([, held]) => isDue(held)).map(([processName]) => processName);
  }

  /** It is being looked at. */
  release(processName: string): void {
    this.#held.delete(processName);
  }

  /** Nobody follows it any more. */
  forget(processName: string): void {
    this.#held.delete(processName);
    this.#told.delete(processName);
  }
}
