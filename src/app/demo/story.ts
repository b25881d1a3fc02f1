/** Tells the events of the monitor as a story, and counts them for the summary. */
import type { MonitorEvent } from '../../domain/event.js';
import type { RestartOutcome } from '../../domain/outcome.js';
import { durationText } from '../../domain/time-text.js';
import type { Clock } from '../../ports/clock.js';
import type { EventSink } from '../../ports/event-sink.js';
import type { LineKind, Screen } from './screen.js';
import { storyLine } from './story-line.js';

/** What the summary is made of. */
export interface Tally {
  readonly raised: number;
  readonly reset: number;
  readonly restarts: number;
  /** Handlings that did not lead to a well process. */
  readonly failures: number;
  /** From the raising of each alarm that was reset to its reset, in order. */
  readonly waitsMs: readonly number[];
}

export class Story implements EventSink {
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #startedMs: number;
  /** Paths in it are left out of what is told. */
  readonly #directory: string;
  readonly #raisedMs = new Map<string, number>();
  readonly #waitsMs: number[] = [];
  #raised = 0;
  #restarts = 0;
  #failures = 0;

  constructor(screen: Screen, clock: Clock, directory: string) {
    this.#screen = screen;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
    this.#directory = directory;
  }

  get tally(): Tally {
    const waitsMs = [...this.#waitsMs];
    return {
      raised: this.#raised,
      reset: waitsMs.length,
      restarts: this.#restarts,
      failures: this.#failures,
      waitsMs,
    };
  }

  /** Names of the processes whose alarm is not reset yet. */
  get inAlarm(): readonly string[] {
    return [...this.#raisedMs.keys()];
  }

  tell(kind: LineKind, who: string, text: string): void {
    const shown = text.replaceAll(`${this.#directory}/`, '');
    this.#screen.tell(kind, this.#clock.monotonicMs() - this.#startedMs, who, shown);
  }

  /** Another system has raised an alarm. */
  alarmRaised(who: string, why: string): void {
    this.#raised += 1;
    this.#raisedMs.set(who, this.#clock.monotonicMs());
    this.tell('alarm', who, `another system writes alarma = 1 into the database: ${why}`);
  }

  emit(event: MonitorEvent): void {
    if (event.type === 'write_back.done') this.#reset(event.processName);
    if (event.type === 'restart.ended') this.#count(event.outcome);
    const line = storyLine(event);
    if (line !== null) this.tell(line.kind, line.who, line.text);
  }

  #reset(who: string): void {
    const raisedMs = this.#raisedMs.get(who);
    if (raisedMs === undefined) return;
    const tookMs = this.#clock.monotonicMs() - raisedMs;
    this.#raisedMs.delete(who);
    this.#waitsMs.push(tookMs);
    this.tell('reset', who, `alarma = 0, ${durationText(tookMs)} after the alarm`);
  }

  #count(outcome: RestartOutcome): void {
    if (outcome.kind === 'interrupted') return;
    this.#restarts += 1;
    if (outcome.kind !== 'recovered') this.#failures += 1;
  }
}
