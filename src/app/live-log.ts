/** The log as the rest of the program holds it: what stands behind it can be exchanged while the monitor runs. */
import { openLog, type Log } from '../adapters/log/logger.js';

type LogOptions = Parameters<typeof openLog>[0];

/** A log that stands ready. */
export interface NextLog {
  /** Why its file cannot be written; null: it can. */
  readonly failure: string | null;
  /** Puts it in place; resolves when the one before it is closed. */
  readonly use: () => Promise<void>;
  /** Closes it again unused. */
  readonly discard: () => Promise<void>;
}

export class LiveLog implements Log {
  #log: Log;
  readonly #hidden: string[] = [];
  #droppedBefore = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  readonly sink: Log['sink'] = { emit: (event) => this.#log.sink.emit(event) };

  write(...line: Parameters<Log['write']>): void {
    this.#log.write(...line);
  }

  hide(secret: string): void {
    this.#hidden.push(secret);
    this.#log.hide(secret);
  }

  get dropped(): number {
    return this.#droppedBefore + this.#log.dropped;
  }

  get failure(): string | null {
    return this.#log.failure;
  }

  /** Opens another log. */
  async prepare(options: LogOptions): Promise<NextLog> {
    const next = await openLog({ ...options, secrets: [...options.secrets, ...this.#hidden] });
    return {
      failure: next.failure,
      use: () => {
        const before = this.#log;
        this.#log = next;
        this.#droppedBefore += before.dropped;
        return before.close();
      },
      discard: () => next.close(),
    };
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
