/** One line of the log, before it is cleaned and written. */
import type { MonitorEvent, MonitorEventType } from '../../domain/event.js';

/** From noisy to grave. `error`: someone must act; `warn`: we coped; `info`: something changed; `fatal`: the monitor dies. */
export const LINE_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LineLevel = (typeof LINE_LEVELS)[number];

/** Facts beside the message; a field that is null or undefined is left out. */
export type LineFields = Readonly<Record<string, unknown>>;

export interface LogLine {
  readonly level: LineLevel;
  readonly message: string;
  readonly fields: LineFields;
}

/** The event of one type. */
export type EventOf<T extends MonitorEventType> = Extract<MonitorEvent, { readonly type: T }>;

/** Puts a line together. */
export function line(level: LineLevel, message: string, fields: LineFields = {}): LogLine {
  return { level, message, fields };
}
