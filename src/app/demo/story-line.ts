/** Which events of the monitor belong into the demo's story, and in which words. */
import type { BreakerState } from '../../domain/circuit-breaker.js';
import type { MonitorEvent } from '../../domain/event.js';
import { durationText } from '../../domain/time-text.js';
import type { LineKind } from './screen.js';

type EventOf<T extends MonitorEvent['type']> = Extract<MonitorEvent, { readonly type: T }>;

export interface StoryLine {
  readonly kind: LineKind;
  readonly who: string;
  readonly text: string;
}

/** null: it is for the log alone. The reset of an alarm is told by whoever knows when that was raised. */
export function storyLine(event: MonitorEvent): StoryLine | null {
  switch (event.type) {
    case 'restart.started':
      return tell('restart', event.processName, `alarm seen, ${event.isTrial ? 'one trial' : 'a restart'} begins`);
    case 'command.ended':
      return tell('restart', event.processName, `${event.purpose}: ${event.report.summary}`);
    case 'health.checked':
      return checkLine(event);
    case 'restart.ended':
      return endLine(event);
    case 'process.relapsed':
      return tell('failed', event.processName, event.detail);
    case 'breaker.changed':
      return breakerLine(event.processName, event.to, event.retryInMs);
    case 'monitor.started':
      return tell('monitor', 'monitor', 'watches the database, one look each second');
    case 'monitor.blinded':
    case 'monitor.warned':
      return tell('monitor', 'monitor', event.detail);
    default:
      return null;
  }
}

function tell(kind: LineKind, who: string, text: string): StoryLine {
  return { kind, who, text };
}

function checkLine({ ok, what, detail, processName }: EventOf<'health.checked'>): StoryLine {
  return ok
    ? tell('proof', processName, `well by ${what}`)
    : tell('failed', processName, `not well by ${what}: ${detail}`);
}

function endLine({ outcome, processName }: EventOf<'restart.ended'>): StoryLine | null {
  switch (outcome.kind) {
    case 'recovered':
      return null;
    case 'interrupted':
      return tell('failed', processName, `interrupted: ${outcome.why.replaceAll('_', ' ')}`);
    case 'still_unhealthy':
    case 'command_failed':
    case 'refused':
      return tell('failed', processName, `not well, the alarm stays: ${outcome.detail}`);
  }
}

function breakerLine(who: string, to: BreakerState, retryInMs: number | null): StoryLine | null {
  switch (to.kind) {
    case 'open':
      return tell('breaker', who, `circuit breaker opens: left alone for ${wholeSeconds(retryInMs ?? 0)}`);
    case 'half_open':
      return tell('breaker', who, 'circuit breaker half-open: the next restart is a trial');
    case 'closed':
      return to.failures === 0 ? tell('breaker', who, 'circuit breaker closed, failures forgotten') : null;
    case 'isolated':
      return null;
  }
}

function wholeSeconds(ms: number): string {
  return durationText(Math.ceil(ms / 1000) * 1000);
}
