/** New settings for a running monitor: all of them or none, between two cycles. */
import { access, constants, mkdir } from 'node:fs/promises';
import { changesBetween } from '../config/changes.js';
import { ConfigError, formatIssue } from '../config/issues.js';
import type { LoadedSettings } from '../config/settings-from-text.js';
import type { Settings } from '../config/settings.js';
import type { MonitorOptions } from '../engine/monitor.js';
import type { Clock } from '../ports/clock.js';
import type { ControlReply } from '../ports/control-handler.js';
import type { EventSink } from '../ports/event-sink.js';
import { StoreError } from '../ports/store-error.js';
import type { LiveLog } from './live-log.js';
import type { TunableStore } from './open-store.js';

export interface ReloadOptions {
  /** Reads the settings anew. Throws `ConfigError`. */
  readonly load: () => LoadedSettings;
  /** What the monitor began with. */
  readonly started: LoadedSettings;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly log: LiveLog;
  readonly logOptions: (settings: Settings) => Parameters<LiveLog['prepare']>[0];
  readonly store: Pick<TunableStore, 'prepareTuning'>;
  /** Resolves once the options are in force; `alongside` is called in the same instant. */
  readonly reconfigure: (options: MonitorOptions, alongside: () => void) => Promise<void>;
  readonly monitorOptions: (settings: Settings) => MonitorOptions;
  /** Another group may act from now on. */
  readonly onOperators: () => void;
}

interface Prepared {
  readonly use: () => void;
  readonly discard: () => Promise<void>;
}

export class Reloader {
  readonly #options: ReloadOptions;
  #inForce: LoadedSettings;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#inForce = options.started;
  }

  /** As they are in force now; what takes a restart of the monitor is in them, though nothing goes by it yet. */
  get settings(): Settings {
    return this.#inForce.settings;
  }

  /** One after another, in the order of the requests. */
  reload(): Promise<ControlReply> {
    const next = this.#last.then(() => this.#reload());
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #reload(): Promise<ControlReply> {
    const { clock, load } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      const now = load();
      const prepared = await this.#prepare(now);
      return await this.#apply(now, prepared, startedMs);
    } catch (cause: unknown) {
      if (cause instanceof ConfigError) return this.#refuse(cause.issues.map(formatIssue));
      if (cause instanceof StoreError || cause instanceof UnusableError) return this.#refuse([cause.message]);
      throw cause;
    }
  }

  /** Everything that can fail. Throws, and leaves nothing behind, where something does. */
  async #prepare(now: LoadedSettings): Promise<Prepared> {
    const { log, logOptions, store } = this.#options;
    const tune = await store.prepareTuning(now.settings);
    const isLogNew = JSON.stringify(this.settings.logging) !== JSON.stringify(now.settings.logging);
    if (!isLogNew) return { use: tune, discard: () => Promise.resolve() };
    const { directory } = now.settings.logging;
    await refuseUnusable(directory);
    const nextLog = await log.prepare(logOptions(now.settings));
    // A place of its own that is not to be trusted, for one: where both fail, as on a full disk, nothing is lost by it.
    if (nextLog.failure !== null && log.failure === null) {
      await nextLog.discard();
      throw new UnusableError(`logging.directory: ${directory} cannot be used: ${nextLog.failure}`);
    }
    return {
      use: () => {
        void nextLog.use();
        tune();
      },
      discard: nextLog.discard,
    };
  }

  async #apply(now: LoadedSettings, prepared: Prepared, startedMs: number): Promise<ControlReply> {
    const { clock, events, started, monitorOptions, reconfigure } = this.#options;
    const { changes, pending } = changesBetween(started, this.#inForce, now);
    const outcome = { isUsed: false };
    const before = this.settings.monitor.operatorsGroup;
    await reconfigure(monitorOptions(now.settings), () => {
      outcome.isUsed = true;
      prepared.use();
      this.#inForce = now;
    });
    if (!outcome.isUsed) {
      await prepared.discard();
      return { ok: false, code: 'busy', text: 'the monitor stops: the settings count at its next start' };
    }
    const { database } = now.settings;
    if (database.engine === 'mysql' && database.password !== null) this.#options.log.hide(database.password);
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    events.emit({ type: 'settings.reloaded', changes, pending, durationMs });
    for (const notice of now.notices)
      events.emit({ type: 'monitor.warned', code: 'settings', detail: formatIssue(notice) });
    if (now.settings.monitor.operatorsGroup !== before) this.#options.onOperators();
    return { ok: true, code: 'done', text: reloadedText(changes, pending) };
  }

  #refuse(mistakes: readonly string[]): ControlReply {
    for (const detail of mistakes) this.#options.events.emit({ type: 'settings.refused', detail });
    return { ok: false, code: 'bad_settings', text: mistakes.join('\n') };
  }
}

class UnusableError extends Error {
  override readonly name = 'UnusableError';
}

/** A log that cannot be written is no reason to stop a monitor, but one to keep the log that can. */
async function refuseUnusable(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (cause: unknown) {
    throw new UnusableError(`logging.directory: ${directory} cannot be written`, { cause });
  }
}

function reloadedText(changes: readonly string[], pending: readonly string[]): string {
  if (changes.length === 0 && pending.length === 0) return 'nothing has changed';
  return [...changes, ...pending.map((change) => `takes effect when the monitor is restarted: ${change}`)].join('\n');
}
