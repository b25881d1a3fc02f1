/** Carries out a person's request through the running monitor, or, where none runs, in its place and with its lock. */
import { join } from 'node:path';
import { pid } from 'node:process';
import { FileAuditLog } from '../adapters/audit/file-audit-log.js';
import { ControlClient, type ControlAnswer } from '../adapters/control/control-client.js';
import { ControlServer } from '../adapters/control/control-server.js';
import { logLine } from '../adapters/log/log-lines.js';
import { CryptoRandom } from '../adapters/random/crypto-random.js';
import { FileStateStore } from '../adapters/state/file-state-store.js';
import { SystemClock } from '../adapters/time/system-clock.js';
import type { MonitorEvent } from '../domain/event.js';
import { longestHandlingMs } from '../domain/handling-time.js';
import { ConfigError } from '../config/issues.js';
import type { Settings } from '../config/settings.js';
import { Monitor } from '../engine/monitor.js';
import { SOLE_OWNER } from '../ports/ownership.js';
import type { ControlHandler, ControlReply, ControlRequest } from '../ports/control-handler.js';
import { createControlHandler } from './control-handler.js';
import { CONTROL_SOCKET, controlSocketPath } from './control-socket.js';
import { CleanupStack, createShutdown, type Shutdown } from './lifecycle.js';
import { monitorOptions } from './monitor-options.js';
import { openStore } from './open-store.js';
import { ownAsker } from './people.js';
import { commandPingText, Sight } from './sight.js';
import { trustedOwners } from './service-account.js';
import { createSystemPorts, wayOf } from './system-ports.js';

export interface AskOptions {
  /** Where the running monitor listens. */
  readonly runDirectory: string;
  /**
   * Needed only where no monitor runs: an operator who may ask the monitor need not be able to read all of them, the password among it.
   * Throws `ConfigError`.
   */
  readonly settings: () => Settings;
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
/** For a restart whose policy the asker cannot read. The end of the monitor ends it too. */
const UNKNOWN_WITHIN_MS = 3_600_000;
const PING_WITHIN_MS = 2000;

/** Rejects with `ConfigError` where no monitor runs and the settings cannot be used; else never for an expected failure. */
export async function askMonitor(options: AskOptions): Promise<ControlReply> {
  const { runDirectory, request } = options;
  const clock = new SystemClock();
  const path = join(runDirectory, CONTROL_SOCKET);
  const client = new ControlClient(path, clock);
  const givenUp = new AbortController();
  const ping = await client.send(
    { command: 'ping', target: '' },
    { timeoutMs: PING_WITHIN_MS, signal: givenUp.signal },
  );
  if (ping.kind === 'not_running') {
    options.onRoute('self');
    return actAlone(options, clock);
  }
  if (ping.kind !== 'replied') return replyTo(ping, path);
  options.onRoute('monitor');
  options.onStoppable((reason) => givenUp.abort(reason));
  return replyTo(await client.send(request, { timeoutMs: answerWithinMs(options), signal: givenUp.signal }), path);
}

const NOT_RUNNING: ControlReply = { ok: false, code: 'failed', text: 'no monitor runs' };

/** Has the running monitor read its settings anew; null: none runs. Never rejects. */
export async function askReload(
  runDirectory: string,
  onStoppable: AskOptions['onStoppable'],
): Promise<ControlReply | null> {
  const path = join(runDirectory, CONTROL_SOCKET);
  const givenUp = new AbortController();
  onStoppable((reason) => givenUp.abort(reason));
  const answer = await new ControlClient(path, new SystemClock()).send(
    { command: 'reload', target: '' },
    { timeoutMs: ANSWER_WITHIN_MS, signal: givenUp.signal },
  );
  return answer.kind === 'not_running' ? null : replyTo(answer, path);
}

function answerWithinMs({ settings, request }: AskOptions): number {
  if (request.command !== 'restart') return ANSWER_WITHIN_MS;
  try {
    const policy = settings().processes.policyFor(request.target);
    return ANSWER_WITHIN_MS + (policy === null ? 0 : longestHandlingMs(policy, policy.maxAttempts));
  } catch (cause: unknown) {
    if (!(cause instanceof ConfigError)) throw cause;
    return UNKNOWN_WITHIN_MS;
  }
}

function replyTo(answer: ControlAnswer, path: string): ControlReply {
  const failed = (text: string): ControlReply => ({ ok: false, code: 'failed', text });
  switch (answer.kind) {
    case 'replied':
      return answer.reply;
    case 'not_running':
      return failed('the monitor has just stopped');
    case 'no_permission':
      return failed(`this user may not talk to the monitor through ${path}`);
    case 'failed':
      return failed(`the monitor did not answer: ${answer.detail}`);
  }
}

/** The same handler as the monitor's own, on the same memory; the socket keeps a second one away meanwhile. */
async function actAlone(options: AskOptions, clock: SystemClock): Promise<ControlReply> {
  const settings = options.settings();
  const cleanup = new CleanupStack();
  const shutdown = createShutdown(clock, settings.monitor.shutdownGraceMs);
  cleanup.defer('shutdown timer', () => shutdown.close());
  options.onStoppable((reason) => shutdown.request(reason));
  try {
    const path = controlSocketPath(settings);
    const lock = new ControlServer({ path, handler: LOCKED, clock, random: new CryptoRandom(), people: null });
    const taken = await lock.start();
    if (taken.kind === 'failed') return { ok: false, code: 'failed', text: taken.detail };
    if (taken.kind === 'in_use') return { ok: false, code: 'busy', text: `somebody else has just taken ${path}` };
    cleanup.defer('control socket', () => lock.close());
    return await serveOnce(options, settings, { clock, cleanup, shutdown });
  } finally {
    for (const failure of await cleanup.unwind()) options.onStep(`clean-up failed: ${failure}`);
  }
}

const AT_WORK = `another command is at work (pid ${pid})`;

const LOCKED: ControlHandler = {
  handle: ({ command }) =>
    Promise.resolve(
      command === 'ping'
        ? { ok: true, code: 'done', text: commandPingText(pid) }
        : { ok: false, code: 'busy', text: AT_WORK },
    ),
  refuse: () => Promise.resolve({ ok: false, code: 'busy', text: AT_WORK }),
};

interface Frame {
  readonly clock: SystemClock;
  readonly cleanup: CleanupStack;
  readonly shutdown: Shutdown;
}

async function serveOnce({ request, onStep }: AskOptions, settings: Settings, frame: Frame): Promise<ControlReply> {
  const { clock, cleanup, shutdown } = frame;
  const unsaved: string[] = [];
  const bugs: unknown[] = [];
  const emit = (event: MonitorEvent): void => {
    if (event.type === 'state.unsaved') unsaved.push(event.detail);
    if (event.type !== 'request.served') onStep(stepText(event));
  };
  const ports = createSystemPorts({ emit }, { clock, ...wayOf(settings) });
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
    ...ports,
    monitor,
    desk,
    policyFor: options.policyFor,
    sight: new Sight(clock),
    audit: new FileAuditLog(() => settings.logging.directory, clock, trustedOwners()),
    from: 'command',
    reload: () => Promise.resolve(NOT_RUNNING),
  });
  const reply = await handler.handle(request, await ownAsker(), shutdown.hard);
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
