/** The control socket decides who is the one monitor of this host; whoever finds it taken waits for it, or does not start. */
import { pid } from 'node:process';
import { ControlServer, type ControlStart } from '../adapters/control/control-server.js';
import type { LoopPhase } from '../domain/loop-phase.js';
import type { Settings } from '../config/settings.js';
import { ownerText } from '../engine/poll-loop.js';
import type { Clock } from '../ports/clock.js';
import type { ControlHandler, ControlReply } from '../ports/control-handler.js';
import type { Ownership } from '../ports/ownership.js';
import type { People } from '../ports/people.js';
import type { Random } from '../ports/random.js';
import { controlSocketPath } from './control-socket.js';
import type { CleanupStack } from './lifecycle.js';
import { pingText } from './sight.js';

/** How soon the place of a monitor that has ended is taken. */
const TRY_AGAIN_MS = 1000;

const JUST_STARTED: ControlReply = {
  ok: false,
  code: 'busy',
  text: 'the monitor has only just started: try again in a moment',
};

/** Answers before there is a monitor, then as the monitor does. */
export class FrontDesk implements ControlHandler {
  #handler: ControlHandler | null = null;

  open(handler: ControlHandler): void {
    this.#handler = handler;
  }

  handle(...request: Parameters<ControlHandler['handle']>): Promise<ControlReply> {
    if (this.#handler !== null) return this.#handler.handle(...request);
    const [{ command }] = request;
    return Promise.resolve(command === 'ping' ? { ok: true, code: 'done', text: pingText(pid, null) } : JUST_STARTED);
  }

  /** The same words to all: nothing is done for anybody yet. */
  refuse(...request: Parameters<ControlHandler['refuse']>): Promise<ControlReply> {
    return this.#handler === null ? Promise.resolve(JUST_STARTED) : this.#handler.refuse(...request);
  }
}

export interface DoorOptions {
  readonly settings: Settings;
  readonly handler: ControlHandler;
  readonly clock: Clock;
  readonly cleanup: CleanupStack;
  /** Another monitor may be waited for, instead of not starting. */
  readonly mayWait: boolean;
  /** Called once with who holds it, before the wait. */
  readonly onWaiting: (holder: string) => void;
  readonly onPhase: (phase: LoopPhase) => void;
  readonly random: Random;
  /** null: a short run, also root's own in the directory of the monitor's user; it lets nobody prove anything. */
  readonly people: People | null;
  /** The place was taken from under us: we must not act any more. */
  readonly onLost: (detail: string) => void;
  /** Nobody can reach us until the socket is back, and it cannot be made now. */
  readonly onHidden: (detail: string) => void;
}

/** `taken`: we are the one; `hasWaited`: another was before us. `stopped`: we were asked to stop while waiting. */
export type Door =
  | { readonly kind: 'taken'; readonly hasWaited: boolean }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'refused'; readonly detail: string };

export async function takeDoor(options: DoorOptions, draining: AbortSignal): Promise<Door> {
  const { settings, handler, clock, cleanup, mayWait, onWaiting, onPhase, ...seen } = options;
  const path = controlSocketPath(settings);
  let isWaiting = false;
  for (;;) {
    const server = new ControlServer({ path, handler, clock, ...seen });
    const started = await server.start();
    if (started.kind === 'listening') {
      cleanup.defer('control socket', () => server.close());
      return { kind: 'taken', hasWaited: isWaiting };
    }
    if (started.kind === 'failed')
      return { kind: 'refused', detail: `${started.detail}; check run_directory in [monitor]` };
    const holder = holderText(started, path);
    if (!mayWait) return { kind: 'refused', detail: `another process-monitor runs already: ${holder}` };
    if (!isWaiting) onWaiting(holder);
    isWaiting = true;
    onPhase({ kind: 'pause', untilMs: clock.monotonicMs() + TRY_AGAIN_MS });
    if ((await clock.sleep(TRY_AGAIN_MS, draining)) === 'aborted') return { kind: 'stopped' };
  }
}

/** Resolves once it is known who acts, or that the database does not answer; or with the signal. */
export async function firstAnswer(owner: Ownership, signal: AbortSignal): Promise<void> {
  const before = owner.state();
  if (before.kind === 'unknown' && !signal.aborted) await owner.changed(signal);
}

/** Who else acts, or what keeps us from knowing, for a monitor that cannot stand by; null: we may act. */
export async function obstacleToOwning(
  owner: Ownership,
  clock: Clock,
  { settings, signal }: { readonly settings: Settings; readonly signal: AbortSignal },
): Promise<string | null> {
  const over = new AbortController();
  const end = AbortSignal.any([over.signal, signal]);
  // A dead monitor's lease runs out in this time, and then some for the database.
  const patienceMs = 2 * settings.host.leaseTimeMs;
  const patience = clock.sleep(patienceMs, end);
  const endMs = clock.monotonicMs() + patienceMs;
  while (owner.state().kind !== 'owner' && clock.monotonicMs() < endMs && !signal.aborted)
    await Promise.race([owner.changed(end), patience]);
  const state = owner.state();
  over.abort();
  return state.kind === 'owner' ? null : `another process-monitor may act: ${ownerText(state)}`;
}

function holderText({ pid: holder }: Extract<ControlStart, { kind: 'in_use' }>, path: string): string {
  return `${holder === null ? 'somebody' : `pid ${holder}`} holds ${path}`;
}
