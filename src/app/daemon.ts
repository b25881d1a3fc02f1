/** The daemon: builds everything, runs it until it is asked to stop, and takes it down in good order. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { ControlServer } from '../adapters/control/control-server.js';
import { detectHostAbilities, type HostAbilities } from '../adapters/exec/process-starter.js';
import { HeartbeatFile } from '../adapters/heartbeat/heartbeat-file.js';
import { judgeLogs } from '../adapters/log/log-trust.js';
import { openLog, type Log } from '../adapters/log/logger.js';
import { FileStateStore } from '../adapters/state/file-state-store.js';
import { SdNotify } from '../adapters/systemd/sd-notify.js';
import { SystemClock } from '../adapters/time/system-clock.js';
import type { MonitorEvent } from '../domain/event.js';
import type { Settings } from '../config/settings.js';
import { fanOut } from '../engine/fan-out.js';
import { Monitor } from '../engine/monitor.js';
import type { LoopState } from '../engine/poll-loop.js';
import type { AlarmStore } from '../ports/alarm-store.js';
import type { Clock } from '../ports/clock.js';
import { SOLE_OWNER } from '../ports/ownership.js';
import { StoreError } from '../ports/store-error.js';
import { createControlHandler } from './control-handler.js';
import { isNeedlesslyRoot, ROOT_WARNING } from './root-warning.js';
import { CleanupStack, createShutdown, type Shutdown } from './lifecycle.js';
import { monitorOptions } from './monitor-options.js';
import { trustedOwners } from './service-account.js';
import { Sight } from './sight.js';
import { createSystemPorts, openStore, type SystemPorts } from './system-ports.js';
import { untrustedMemory } from './trusted-places.js';
import { VERSION } from './version.js';

/** Where the daemon runs, as far as it cannot see for itself. */
export interface Surroundings {
  /** `$NOTIFY_SOCKET`; null: systemd does not supervise us. */
  readonly notifySocket: string | null;
  /** `$JOURNAL_STREAM`. */
  readonly journalStream: string | null;
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  /** What starting programs may count on. Default: what this host has. */
  readonly abilities?: HostAbilities;
  /** Takes whole lines for the console instead of standard error. */
  readonly writeConsole?: (text: string) => void;
  /** Hears of every event too, for example to show progress on a terminal. */
  readonly onEvent?: (event: MonitorEvent) => void;
  /** The loop has ended a cycle and sleeps until the next. */
  readonly onPause?: (untilNextMs: number) => void;
}

export interface DaemonOptions {
  readonly settings: Settings;
  readonly mode: { readonly once: boolean; readonly dryRun: boolean };
  readonly surroundings: Surroundings;
  /** Notices of the settings, told once at start. */
  readonly notices: readonly string[];
  /** Called with the way to stop it, before anything is started. */
  readonly onStoppable: (stop: (reason: string) => void) => void;
  /** Called with the way to write a line of one's own, as soon as there is a log. */
  readonly onLogOpen?: (write: Log['write']) => void;
}

/** `failed`: what kept it from running, or ended it. */
export type DaemonEnd = { readonly kind: 'stopped' } | { readonly kind: 'failed'; readonly detail: string };

/** Never rejects for an expected failure; resolves when everything is taken down. */
export async function runDaemon(options: DaemonOptions): Promise<DaemonEnd> {
  const clock = new SystemClock();
  const cleanup = new CleanupStack();
  const shutdown = createShutdown(clock, options.settings.monitor.shutdownGraceMs);
  cleanup.defer('shutdown timer', () => shutdown.close());
  options.onStoppable((reason) => shutdown.request(reason));
  const log = await openLog(logOptions(options, clock));
  cleanup.defer('log', () => log.close());
  options.onLogOpen?.((level, message, fields) => log.write(level, message, fields));
  try {
    return await runWithLog(options, { clock, cleanup, shutdown, log });
  } finally {
    for (const failure of await cleanup.unwind()) log.write('error', 'Clean-up failed', { detail: failure });
  }
}

function logOptions({ settings, surroundings, mode }: DaemonOptions, clock: Clock): Parameters<typeof openLog>[0] {
  const { logging, database } = settings;
  const { isTerminal, isColoured, journalStream, writeConsole } = surroundings;
  const isShort = mode.once || mode.dryRun;
  return {
    // A trial beside a running daemon must not write into, or rotate, that one's files.
    directory: mode.dryRun ? null : logging.directory,
    level: logging.level,
    format: logging.format,
    maxLogSizeBytes: logging.maxLogSizeBytes,
    logFilesToKeep: logging.logFilesToKeep,
    judge: judgeLogs(trustedOwners()),
    console: {
      mode: isShort ? 'on' : logging.console,
      isTerminal,
      isColoured,
      journalStream,
      ...(writeConsole === undefined ? {} : { write: writeConsole }),
    },
    secrets: database.engine === 'mysql' && database.password !== null ? [database.password] : [],
    host: hostname(),
    clock,
  };
}

interface Frame {
  readonly clock: Clock;
  readonly cleanup: CleanupStack;
  readonly shutdown: Shutdown;
  readonly log: Log;
}

async function runWithLog(options: DaemonOptions, frame: Frame): Promise<DaemonEnd> {
  const { settings, mode, surroundings } = options;
  const { clock, cleanup, shutdown, log } = frame;
  const untrusted = untrustedMemory(settings);
  if (untrusted !== null) return refuseToStart(log, untrusted);
  const sight = new Sight(clock);
  const events = fanOut([log.sink, sight, { emit: (event) => surroundings.onEvent?.(event) }]);
  const ports = createSystemPorts(events, clock, surroundings.abilities);
  const store = await openStore(settings, ports).catch(expectStoreError);
  if (store instanceof StoreError) return refuseToStart(log, store.message);
  cleanup.defer('database', () => store.close());
  let bug: unknown = null;
  const onBug = (cause: unknown): void => {
    bug ??= cause;
    log.write('fatal', 'Unexpected error, the monitor stops', { detail: words(cause) });
    shutdown.request('unexpected error');
  };
  const stateStore = new FileStateStore({
    directory: settings.monitor.stateDirectory,
    clock,
    access: mode.dryRun ? 'reader' : 'owner',
    owners: trustedOwners(),
  });
  const { source, writer } = store;
  const monitor = new Monitor(
    { ...ports, source, writer, owner: SOLE_OWNER, stateStore },
    monitorOptions(settings, mode.dryRun),
    shutdown,
    onBug,
  );
  const refusal = mode.dryRun ? null : await openDoor(options, frame, { monitor, store, ports, sight });
  if (refusal !== null) return refuseToStart(log, refusal);
  const end = await work(options, frame, { monitor, store, ports }).catch(onBug);
  return bug === null && end ? end : { kind: 'failed', detail: `unexpected error: ${words(bug)}` };
}

function expectStoreError(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  throw cause;
}

function refuseToStart(log: Log, detail: string): DaemonEnd {
  log.write('error', 'The monitor does not start', { detail });
  return { kind: 'failed', detail };
}

interface Parts {
  readonly monitor: Monitor;
  readonly store: AlarmStore;
  readonly ports: SystemPorts;
}

/** The control socket decides who is the one monitor of this host. null: it is us. */
async function openDoor(
  { settings }: DaemonOptions,
  frame: Frame,
  { monitor, store, ports, sight }: Parts & { readonly sight: Sight },
): Promise<string | null> {
  const policyFor = (name: string): ReturnType<Settings['processes']['policyFor']> =>
    settings.processes.policyFor(name);
  const handler = createControlHandler({ monitor, desk: store.desk, events: ports.events, policyFor, sight });
  const path = controlSocketPath(settings);
  const server = new ControlServer({ path, handler, clock: frame.clock });
  const started = await server.start();
  switch (started.kind) {
    case 'listening':
      frame.cleanup.defer('control socket', () => server.close());
      return null;
    case 'in_use':
      return `another process-monitor runs already${started.pid === null ? '' : ` (pid ${started.pid})`}: it holds ${path}`;
    case 'failed':
      return `${started.detail}; check run_directory in [monitor]`;
  }
}

export function controlSocketPath({ monitor }: Settings): string {
  return join(monitor.runDirectory, 'control.sock');
}

async function work(
  options: DaemonOptions,
  { shutdown, log }: Frame,
  { monitor, store, ports }: Parts,
): Promise<DaemonEnd> {
  const { settings, mode, surroundings } = options;
  const notifier = new SdNotify(ports.runner, surroundings.notifySocket);
  const description = sourceText(settings);
  ports.events.emit({ type: 'monitor.started', version: VERSION, pid, source: description, isDryRun: mode.dryRun });
  for (const notice of options.notices) ports.events.emit({ type: 'monitor.warned', code: 'settings', detail: notice });
  if (!mode.once && !mode.dryRun && isNeedlesslyRoot(surroundings.abilities ?? detectHostAbilities()))
    ports.events.emit({ type: 'monitor.warned', code: 'rights', detail: ROOT_WARNING });
  shutdown.draining.addEventListener('abort', () => {
    ports.events.emit({
      type: 'monitor.draining',
      reason: String(shutdown.draining.reason),
      inFlight: monitor.inFlight,
    });
    void notifier.stopping();
  });
  try {
    await monitor.open();
    if (mode.once) await monitor.once();
    else {
      await notifier.ready();
      await monitor.loop(afterCycle(options, { monitor, store, ports }, { notifier, log }));
    }
  } catch (cause: unknown) {
    if (!(cause instanceof StoreError)) throw cause;
    ports.events.emit({ type: 'monitor.blinded', code: cause.code, detail: cause.message });
    return { kind: 'failed', detail: cause.message };
  } finally {
    // Otherwise one cycle would last as long as the stable period of what it has restarted.
    if (!shutdown.draining.aborted) shutdown.request('the work is done');
    await monitor.finish();
  }
  ports.events.emit({ type: 'monitor.stopped' });
  return { kind: 'stopped' };
}

/** What each cycle ends with: a word to systemd, a heartbeat, a look at the database once it answers. */
function afterCycle(
  { settings, surroundings }: DaemonOptions,
  { monitor, store, ports }: Parts,
  { notifier, log }: { readonly notifier: SdNotify; readonly log: Log },
): (state: LoopState) => void {
  const { heartbeatFile } = settings.selfRecovery;
  const heartbeat = heartbeatFile === null ? null : new HeartbeatFile(heartbeatFile, ports.clock);
  let isProbed = false;
  return ({ isBlind, failure }) => {
    const running = monitor.inFlight === 0 ? '' : `, ${monitor.inFlight} being restarted`;
    void notifier.status(isBlind ? `blind: ${failure?.message ?? ''}` : `watching${running}`);
    void heartbeat?.beat().then((beat) => {
      if (beat.kind === 'failed') log.write('warn', 'Heartbeat file cannot be written', { detail: beat.detail });
    });
    if (!isBlind && !isProbed) {
      isProbed = true;
      void tellStore(store, ports);
    }
    surroundings.onPause?.(settings.monitor.checkIntervalMs);
  };
}

async function tellStore(store: AlarmStore, { events }: SystemPorts): Promise<void> {
  try {
    const report = await store.probe(new AbortController().signal);
    for (const detail of report.warnings) events.emit({ type: 'monitor.warned', code: 'database', detail });
  } catch (cause: unknown) {
    if (!(cause instanceof StoreError)) throw cause;
    events.emit({ type: 'monitor.warned', code: 'database', detail: cause.message });
  }
}

function sourceText({ database }: Settings): string {
  if (database.engine === 'sqlite') return `sqlite ${database.path}`;
  const where = database.socket ?? database.hosts.map(({ host, port }) => `${host}:${port}`).join(', ');
  return `mysql ${where}/${database.database}`;
}

function words(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
