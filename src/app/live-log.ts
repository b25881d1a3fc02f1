/** The log as the rest of the program holds it: what stands behind it can be exchanged while the monitor runs. */
import { openLog, type Log } from '../adapters/log/logger.js';

type LogOptions = Parameters<typeof openLog>[0];

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

  /** Opens another log; returns what puts it in place, and what closes it again unused. */
  async prepare(
    options: LogOptions,
  ): Promise<{ readonly use: () => Promise<void>; readonly discard: () => Promise<void> }> {
    const next = await openLog({ ...options, secrets: [...options.secrets, ...this.#hidden] });
    return {
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
