/** Carries out a person's request through the running monitor, or, where none runs, in its place and with its lock. */
import { pid } from 'node:process';
import { ControlClient, type ControlAnswer } from '../adapters/control/control-client.js';
import { ControlServer } from '../adapters/control/control-server.js';
import { logLine } from '../adapters/log/log-lines.js';
import { FileStateStore } from '../adapters/state/file-state-store.js';
import { SystemClock } from '../adapters/time/system-clock.js';
import type { MonitorEvent } from '../domain/event.js';
import { longestHandlingMs } from '../domain/handling-time.js';
import type { Settings } from '../config/settings.js';
import { Monitor } from '../engine/monitor.js';
import { SOLE_OWNER } from '../ports/ownership.js';
import type { ControlHandler, ControlReply, ControlRequest } from '../ports/control-handler.js';
import { createControlHandler } from './control-handler.js';
import { controlSocketPath } from './door.js';
import { CleanupStack, createShutdown, type Shutdown } from './lifecycle.js';
import { monitorOptions } from './monitor-options.js';
import { commandPingText, Sight } from './sight.js';
import { trustedOwners } from './service-account.js';
import { createSystemPorts, openStore } from './system-ports.js';

export interface AskOptions {
  readonly settings: Settings;
  readonly request: ControlRequest;
  /** Who is going to do it: told before it is begun. */
  readonly onRoute: (route: 'monitor' | 'self') => void;
  /** What happens, one line each in the words of the log; only where no monitor runs. */
  readonly onStep: (line: string) => void;
  /** Called with the way to break it off: the first call lets what runs finish, the second does not. */
  readonly onStoppable: (stop: (reason: string) => void) => void;
}

/** Beyond the work itself: for a busy machine and a slow database. */
const ANSWER_WITHIN_MS = 30_000;
const PING_WITHIN_MS = 2000;

/** Never rejects for an expected failure. */
export async function askMonitor(options: AskOptions): Promise<ControlReply> {
  const { settings, request } = options;
  const clock = new SystemClock();
  const client = new ControlClient(controlSocketPath(settings), clock);
  const givenUp = new AbortController();
  const ping = await client.send(
    { command: 'ping', target: '' },
    { timeoutMs: PING_WITHIN_MS, signal: givenUp.signal },
  );
  if (ping.kind === 'not_running') {
    options.onRoute('self');
    return actAlone(options, clock);
  }
  if (ping.kind !== 'replied') return replyTo(ping, settings);
  options.onRoute('monitor');
  options.onStoppable((reason) => givenUp.abort(reason));
  return replyTo(await client.send(request, { timeoutMs: answerWithinMs(options), signal: givenUp.signal }), settings);
}

function answerWithinMs({ settings, request }: AskOptions): number {
  const policy = request.command === 'restart' ? settings.processes.policyFor(request.target) : null;
  return ANSWER_WITHIN_MS + (policy === null ? 0 : longestHandlingMs(policy, policy.maxAttempts));
}

function replyTo(answer: ControlAnswer, settings: Settings): ControlReply {
  const failed = (text: string): ControlReply => ({ ok: false, code: 'failed', text });
  switch (answer.kind) {
    case 'replied':
      return answer.reply;
    case 'not_running':
      return failed('the monitor has just stopped');
    case 'no_permission':
      return failed(`this user may not talk to the monitor through ${controlSocketPath(settings)}`);
    case 'failed':
      return failed(`the monitor did not answer: ${answer.detail}`);
  }
}

/** The same handler as the monitor's own, on the same memory; the socket keeps a second one away meanwhile. */
async function actAlone(options: AskOptions, clock: SystemClock): Promise<ControlReply> {
  const { settings } = options;
  const cleanup = new CleanupStack();
  const shutdown = createShutdown(clock, settings.monitor.shutdownGraceMs);
  cleanup.defer('shutdown timer', () => shutdown.close());
  options.onStoppable((reason) => shutdown.request(reason));
  try {
    const path = controlSocketPath(settings);
    const lock = new ControlServer({ path, handler: LOCKED, clock });
    const taken = await lock.start();
    if (taken.kind === 'failed') return { ok: false, code: 'failed', text: taken.detail };
    if (taken.kind === 'in_use') return { ok: false, code: 'busy', text: `somebody else has just taken ${path}` };
    cleanup.defer('control socket', () => lock.close());
    return await serveOnce(options, { clock, cleanup, shutdown });
  } finally {
    for (const failure of await cleanup.unwind()) options.onStep(`clean-up failed: ${failure}`);
  }
}

const LOCKED: ControlHandler = {
  handle: ({ command }) =>
    Promise.resolve(
      command === 'ping'
        ? { ok: true, code: 'done', text: commandPingText(pid) }
        : { ok: false, code: 'busy', text: `another command is at work (pid ${pid})` },
    ),
};

interface Frame {
  readonly clock: SystemClock;
  readonly cleanup: CleanupStack;
  readonly shutdown: Shutdown;
}

async function serveOnce({ settings, request, onStep }: AskOptions, frame: Frame): Promise<ControlReply> {
  const { clock, cleanup, shutdown } = frame;
  const unsaved: string[] = [];
  const bugs: unknown[] = [];
  const emit = (event: MonitorEvent): void => {
    if (event.type === 'state.unsaved') unsaved.push(event.detail);
    if (event.type !== 'request.served') onStep(stepText(event));
  };
  const ports = createSystemPorts({ emit }, clock);
  const store = await openStore(settings, ports);
  cleanup.defer('database', () => store.close());
  const stateStore = new FileStateStore({
    directory: settings.monitor.stateDirectory,
    clock,
    access: 'owner',
    owners: trustedOwners(),
  });
  const { source, writer, desk } = store;
  const options = monitorOptions(settings, false);
  const monitor = new Monitor({ ...ports, source, writer, owner: SOLE_OWNER, stateStore }, options, shutdown, (cause) =>
    bugs.push(cause),
  );
  const loaded = await stateStore.load();
  // Not monitor.open(): what an earlier run has left is the next monitor's to settle.
  if (loaded.kind === 'loaded') monitor.ledger.restore(loaded.state);
  if (loaded.kind === 'damaged') emit({ type: 'state.damaged', detail: loaded.detail, movedTo: loaded.movedTo });
  const handler = createControlHandler({
    monitor,
    desk,
    events: ports.events,
    policyFor: options.policyFor,
    sight: new Sight(clock),
  });
  const reply = await handler.handle(request, shutdown.hard);
  // Ends the watch that a good restart began; the memory hands it to the next monitor.
  shutdown.request('done');
  await monitor.finish();
  if (bugs.length > 0) throw bugs[0];
  return unsaved.length === 0
    ? reply
    : { ok: false, code: 'failed', text: `${reply.text}; not remembered: ${unsaved.join('; ')}` };
}

/** One line as the log has it: the message, and what the event adds to it. */
export function stepText(event: MonitorEvent): string {
  const { message, fields } = logLine(event);
  const detail = ['how', 'detail'].map((key) => fields[key]).find((value) => typeof value === 'string');
  return detail === undefined || message.includes(detail) ? message : `${message}: ${detail}`;
}
