/** Signs of life: to systemd (status and watchdog), to a heartbeat file, and to an address that waits for them. */
import { HeartbeatFile } from '../adapters/heartbeat/heartbeat-file.js';
import type { Log } from '../adapters/log/logger.js';
import { isProgressing, type LoopPhase } from '../domain/loop-phase.js';
import type { SelfRecoverySettings, Settings } from '../config/settings.js';
import { QUESTION_TIMEOUT_MS } from '../engine/deps.js';
import { ownerText, type LoopState } from '../engine/poll-loop.js';
import type { SupervisorNotifier } from '../ports/supervisor-notifier.js';
import type { SystemPorts } from './system-ports.js';

export interface PulseOptions {
  /** As they are in force at that moment. */
  readonly settings: () => Settings;
  readonly ports: Pick<SystemPorts, 'clock' | 'prober' | 'events'>;
  readonly notifier: SupervisorNotifier;
  readonly log: Pick<Log, 'write'>;
  /** It may run beside a daemon that is dead, whose silence must be heard: no heartbeat, no word to `dead_man_url`. */
  readonly isDryRun: boolean;
}

const DEAD_MAN_TIMEOUT_MS = 10_000;
const ANSWERS = { from: 200, to: 399 };
/** Parts of the time that systemd grants: there are three signs or more in it, and one may get lost. */
const SIGN_AFTER = { least: 1 / 5, most: 1 / 3 };

export class Pulse {
  readonly #options: PulseOptions;
  #heartbeat: { readonly path: string; readonly file: HeartbeatFile } | null = null;
  #deadManMs: number | null = null;
  #isDeadManFailing = false;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** After each turn of the loop: also a blind one, and one of a monitor that stands by, is a sign of life. */
  afterCycle({ isBlind, failure, owner }: LoopState, inFlight: number): void {
    const { notifier, settings, isDryRun } = this.#options;
    const running = inFlight === 0 ? '' : `, ${inFlight} being restarted`;
    const watching = isBlind ? `blind: ${failure?.message ?? ''}` : `watching${running}`;
    void notifier.status(owner.kind === 'owner' ? watching : `standing by: ${ownerText(owner)}`);
    if (isDryRun) return;
    const { selfRecovery } = settings();
    this.#beat(selfRecovery);
    if (!isBlind && owner.kind === 'owner') void this.#tellDeadMan(selfRecovery);
  }

  /** Feeds systemd's watchdog while the loop makes progress; `watchdogMs` null: there is none. Ends with the signal. */
  async watch(watchdogMs: number | null, phase: () => LoopPhase, signal: AbortSignal): Promise<void> {
    if (watchdogMs === null) return;
    const { ports, notifier, settings, log } = this.#options;
    const pause = { leastMs: watchdogMs * SIGN_AFTER.least, mostMs: watchdogMs * SIGN_AFTER.most };
    let isStuck = false;
    do {
      const isAlive = isProgressing(phase(), ports.clock.monotonicMs(), longestCycleMs(settings()));
      if (isAlive) void notifier.alive();
      else if (!isStuck) log.write('fatal', 'The loop makes no progress: the watchdog is not fed', { ...phase() });
      isStuck = !isAlive;
    } while ((await ports.clock.sleepBetween(pause, signal)) === 'elapsed');
  }

  #beat({ heartbeatFile }: SelfRecoverySettings): void {
    const { ports, log } = this.#options;
    if (heartbeatFile !== (this.#heartbeat?.path ?? null)) {
      this.#heartbeat =
        heartbeatFile === null ? null : { path: heartbeatFile, file: new HeartbeatFile(heartbeatFile, ports.clock) };
    }
    void this.#heartbeat?.file.beat().then((beat) => {
      if (beat.kind === 'failed') log.write('warn', 'Heartbeat file cannot be written', { detail: beat.detail });
    });
  }

  /** Its silence is the message; that it cannot be reached is told once. */
  async #tellDeadMan({ deadManUrl: url, deadManIntervalMs }: SelfRecoverySettings): Promise<void> {
    if (url === null) return;
    const { clock, prober, events } = this.#options.ports;
    const nowMs = clock.monotonicMs();
    if (this.#deadManMs !== null && nowMs - this.#deadManMs < deadManIntervalMs) return;
    this.#deadManMs = nowMs;
    const probe = { url, statuses: ANSWERS, text: null };
    const answer = await prober.http(probe, DEAD_MAN_TIMEOUT_MS, new AbortController().signal);
    if (!answer.ok && !this.#isDeadManFailing)
      events.emit({ type: 'monitor.warned', code: 'dead_man', detail: `dead_man_url: ${answer.detail}` });
    this.#isDeadManFailing = !answer.ok;
  }
}

/** All deadlines of one cycle one after another, twice: beyond it something hangs that nothing bounds. */
export function longestCycleMs({ database }: Settings): number {
  const QUESTIONS = 4;
  const connectMs = database.engine === 'mysql' ? database.hosts.length * database.connectTimeoutMs : 0;
  return 2 * (QUESTIONS * (connectMs + database.queryTimeoutMs) + 2 * QUESTION_TIMEOUT_MS);
}
