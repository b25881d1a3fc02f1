/** Tells systemd how the monitor is: on the launcher's line, else by the `systemd-notify` command. */
import { safeText } from '../../domain/safe-text.js';
import type { CommandRunner } from '../../ports/command-runner.js';
import type { SupervisorNotifier } from '../../ports/supervisor-notifier.js';
import type { NotifyLine } from './notify-line.js';

const LONGEST_STATUS_BYTES = 500;
const TIMEOUT_MS = 5000;

/**
 * Messages go out one after another; a status that a newer one has overtaken while it waited is not sent, nor is one
 * equal to the last. Nothing that goes wrong here is told to the caller.
 */
export class SdNotify implements SupervisorNotifier {
  readonly #runner: Pick<CommandRunner, 'run'>;
  readonly #socket: string | null;
  readonly #line: Pick<NotifyLine, 'send'> | null;
  #lastSent: Promise<unknown> = Promise.resolve();
  #status = '';
  /** As it was given last: nearly each look at the database ends with the same. */
  #statusText = '';

  /**
   * `socket`: what systemd passed in `NOTIFY_SOCKET`; null: it is not our supervisor, and nothing is ever sent. Without a
   * `line`, or where it fails, each message is a command, for which the unit needs `NotifyAccess=all`.
   */
  constructor(runner: Pick<CommandRunner, 'run'>, socket: string | null, line: Pick<NotifyLine, 'send'> | null = null) {
    this.#runner = runner;
    this.#socket = socket;
    this.#line = line;
  }

  ready(): Promise<void> {
    return this.#inTurn(() => this.#send(['READY=1', ...(this.#status === '' ? [] : [`STATUS=${this.#status}`])]));
  }

  status(text: string): Promise<void> {
    if (text === this.#statusText) return Promise.resolve();
    this.#statusText = text;
    const status = toStatusLine(text);
    if (status === this.#status) return Promise.resolve();
    this.#status = status;
    return this.#inTurn(async () => {
      if (status === this.#status) await this.#send([`STATUS=${status}`]);
    });
  }

  stopping(): Promise<void> {
    return this.#inTurn(() => this.#send(['STOPPING=1']));
  }

  alive(): Promise<void> {
    return this.#inTurn(() => this.#send(['WATCHDOG=1']));
  }

  #inTurn(send: () => Promise<void>): Promise<void> {
    const sent = this.#lastSent.then(send).catch(() => undefined);
    this.#lastSent = sent;
    return sent;
  }

  async #send(assignments: readonly string[]): Promise<void> {
    if (this.#socket === null || this.#line?.send(assignments.join('\n')) === true) return;
    const command = { file: 'systemd-notify', args: assignments, environment: { NOTIFY_SOCKET: this.#socket } };
    await this.#runner.run(command, { timeoutMs: TIMEOUT_MS, signal: new AbortController().signal });
  }
}

/**
 * A line end in it would begin a message of its own, and whatever else acts on a terminal would do so in `systemctl
 * status`: it may hold names from the database.
 */
function toStatusLine(text: string): string {
  const line = safeText(text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')).trim();
  const bytes = Buffer.from(line).subarray(0, LONGEST_STATUS_BYTES);
  // As part of a stream, a character that the cut has split is held back instead of being replaced.
  return new TextDecoder().decode(bytes, { stream: true });
}
