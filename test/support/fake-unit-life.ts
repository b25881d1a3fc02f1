/** What a unit goes through from some moment on, and the state that systemd would show of it at any later one. */
import { notFoundState } from '../../src/adapters/systemd/unit-properties.js';
import type { UnitState } from '../../src/domain/unit-state.js';

/**
 * `exits`: runs, and its program ends with `status` after `afterMs` (0: dead, otherwise failed).
 * `crash_loops`: runs for `upMs`, then waits for `downMs` until systemd starts it again by itself; for ever, or until it
 * stays up after `rounds` of them. `finished`: a oneshot that did its work. `failed` with `wasAskedToEnd`: it was stopped,
 * and its program took that badly.
 */
export type FakeLife =
  | { readonly kind: 'runs' }
  | { readonly kind: 'dead' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly status?: number; readonly result?: string; readonly wasAskedToEnd?: true }
  | { readonly kind: 'exits'; readonly afterMs: number; readonly status: number }
  | { readonly kind: 'crash_loops'; readonly upMs: number; readonly downMs: number; readonly rounds?: number }
  | { readonly kind: 'condition_not_met' };

/** A life with its beginning and the marks of its first start. */
export interface LivedLife {
  readonly life: FakeLife;
  readonly sinceMs: number;
  /** Of the first start; each later one of a crash loop has the next number. */
  readonly startNumber: number;
}

/** A unit that is loaded and has never been started. */
export function deadState(unit: string): UnitState {
  return { ...notFoundState(unit), loadState: 'loaded', type: 'simple', restartPolicy: 'no', result: 'success' };
}

/** How `base` looks at `nowMs` in the middle of that life. */
export function stateOf(base: UnitState, lived: LivedLife, nowMs: number): UnitState {
  const { life, sinceMs, startNumber } = lived;
  const start: Start = { number: startNumber, atMs: sinceMs };
  const started = { ...base, invocationId: invocation(startNumber), activeEnterMs: sinceMs };
  switch (life.kind) {
    case 'dead':
      return base;
    case 'runs':
      return running(base, start);
    case 'finished':
      return { ...started, activeEnterMs: 0 };
    case 'condition_not_met':
      return { ...base, conditionHeld: false };
    case 'failed':
      return failed(
        { ...started, activeEnterMs: 0, wasAskedToEnd: life.wasAskedToEnd ?? false },
        life.status ?? 1,
        life.result,
      );
    case 'exits':
      if (nowMs < sinceMs + life.afterMs) return running(base, start);
      return life.status === 0 ? started : failed(started, life.status);
    case 'crash_loops':
      return looping(base, life, { start, nowMs });
  }
}

/** When that life next changes by itself what systemd shows; null: never any more. */
export function nextChangeMs({ life, sinceMs }: LivedLife, nowMs: number): number | null {
  if (life.kind === 'exits') return nowMs < sinceMs + life.afterMs ? sinceMs + life.afterMs : null;
  if (life.kind !== 'crash_loops') return null;
  const roundMs = life.upMs + life.downMs;
  const round = Math.floor((nowMs - sinceMs) / roundMs);
  if (round >= (life.rounds ?? Infinity)) return null;
  const endMs = sinceMs + round * roundMs + life.upMs;
  return nowMs < endMs ? endMs : endMs + life.downMs;
}

interface Start {
  readonly number: number;
  readonly atMs: number;
}

function looping(
  base: UnitState,
  life: FakeLife & { readonly kind: 'crash_loops' },
  { start, nowMs }: { readonly start: Start; readonly nowMs: number },
): UnitState {
  const roundMs = life.upMs + life.downMs;
  const round = Math.min(Math.floor((nowMs - start.atMs) / roundMs), life.rounds ?? Infinity);
  const again: Start = { number: start.number + round, atMs: start.atMs + round * roundMs };
  const up = { ...running(base, again), nRestarts: round, restartPolicy: 'always' };
  if (nowMs < again.atMs + life.upMs || round === life.rounds) return up;
  return { ...failed(up, 1), activeState: 'activating', subState: 'auto-restart' };
}

function running(base: UnitState, start: Start): UnitState {
  const marks = { mainPid: 1000 + start.number, invocationId: invocation(start.number), activeEnterMs: start.atMs };
  return { ...base, ...marks, activeState: 'active', subState: 'running' };
}

function failed(base: UnitState, status: number, result = 'exit-code'): UnitState {
  return { ...base, mainPid: 0, activeState: 'failed', subState: 'failed', result, execMainStatus: status };
}

function invocation(startNumber: number): string {
  return startNumber.toString(16).padStart(32, '0');
}
