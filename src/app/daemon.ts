/** The daemon: builds everything, runs it until it is asked to stop, and takes it down in good order. */
import { pid } from 'node:process';
import { FileAuditLog } from '../adapters/audit/file-audit-log.js';
import { detectHostAbilities } from '../adapters/exec/process-starter.js';
import { openLog } from '../adapters/log/logger.js';
import { FileStateStore } from '../adapters/state/file-state-store.js';
import { openNotifyLine } from '../adapters/systemd/notify-line.js';
import { SdNotify } from '../adapters/systemd/sd-notify.js';
import { SystemClock } from '../adapters/time/system-clock.js';
import type { LoopPhase } from '../domain/loop-phase.js';
import type { Settings } from '../config/settings.js';
import { fanOut } from '../engine/fan-out.js';
import { Monitor, type MonitorOptions } from '../engine/monitor.js';
import { ownerText, type LoopState } from '../engine/poll-loop.js';
import type { AlarmStore } from '../ports/alarm-store.js';
import type { Clock } from '../ports/clock.js';
import { SOLE_OWNER, type Ownership } from '../ports/ownership.js';
import { StoreError } from '../ports/store-error.js';
import { Bugs, words } from './bugs.js';
import { createControlHandler } from './control-handler.js';
import { logOptions, type DaemonEnd, type DaemonOptions, type Surroundings } from './daemon-options.js';
import { firstAnswer, FrontDesk, obstacleToOwning, takeDoor } from './door.js';
import { CleanupStack, createShutdown, type Shutdown } from './lifecycle.js';
import { LiveLog } from './live-log.js';
import { monitorOptions } from './monitor-options.js';
import { loadStore, openStore, type TunableStore } from './open-store.js';
import { createPeople, tellOperators } from './people.js';
import { Pulse } from './pulse.js';
import { Reloader, type ReloadOptions } from './reload.js';
import { readAnew } from './read-anew.js';
import { isNeedlesslyRoot, ROOT_WARNING } from './root-warning.js';
import { trustedOwners } from './service-account.js';
import { Sight } from './sight.js';
import { createSystemPorts, wayOf, type SystemPorts } from './system-ports.js';
import { untrustedMemory } from './trusted-places.js';
import { VERSION } from './version.js';

/** Never rejects for an expected failure; resolves when everything is taken down. */
export async function runDaemon(options: DaemonOptions): Promise<DaemonEnd> {
  const clock = new SystemClock();
  const cleanup = new CleanupStack();
  const shutdown = createShutdown(clock, options.loaded.settings.monitor.shutdownGraceMs);
  cleanup.defer('shutdown timer', () => shutdown.close());
  options.onStoppable((reason) => shutdown.request(reason));
  const log = new LiveLog(await openLog(logOptions(options, options.loaded.settings, clock)));
  cleanup.defer('log', () => log.close());
  options.onLogOpen?.((level, message, fields) => log.write(level, message, fields));
  try {
    await loadStore(options.loaded.settings);
    return await runWithLog(options, { clock, cleanup, shutdown, log });
  } finally {
    for (const failure of await cleanup.unwind()) log.write('error', 'Clean-up failed', { detail: failure });
  }
}

interface Frame {
  readonly clock: Clock;
  readonly cleanup: CleanupStack;
  readonly shutdown: Shutdown;
  readonly log: LiveLog;
}

async function runWithLog(options: DaemonOptions, frame: Frame): Promise<DaemonEnd> {
  const { loaded, mode, surroundings } = options;
  const { clock, cleanup, shutdown, log } = frame;
  const untrusted = untrustedMemory(loaded.settings);
  if (untrusted !== null) return refuseToStart(log, untrusted);
  const sight = new Sight(clock);
  const events = fanOut([log.sink, sight, { emit: (event) => surroundings.onEvent?.(event) }]);
  const ports = createSystemPorts(events, { clock, ...wayOf(loaded.settings), abilities: surroundings.abilities });
  const notifier = createNotifier(ports, surroundings);
  let settings = (): Settings => loaded.settings;
  const pulse = new Pulse({ settings: () => settings(), ports, notifier, log, isDryRun: mode.dryRun });
  let phase = startPhase(clock);
  void pulse.watch(surroundings.watchdogMs ?? null, () => phase(), shutdown.ended);
  const desk = new FrontDesk();
  let current = options;
  const people = createPeople({ runner: ports.runner, clock, operatorsGroup: () => settings().monitor.operatorsGroup });
  if (!mode.dryRun) {
    const onWaiting = (holder: string): void => {
      events.emit({ type: 'ownership.changed', state: 'standby', detail: holder });
      void notifier.status(`standing by: ${holder}`);
      void notifier.ready();
    };
    const mayWait = !mode.once && loaded.settings.host.standby === 'wait';
    const onLost = (detail: string): void => {
      log.write('error', 'The monitor stops: its control socket is no longer its own', { detail });
      shutdown.request('another monitor has taken its place');
    };
    const onHidden = (detail: string): void =>
      log.write('error', 'Control socket is gone and cannot be made again: restart the monitor', { detail });
    const watch = { mayWait, onWaiting, onLost, onHidden, people: mode.once ? null : people };
    const door = { settings: loaded.settings, handler: desk, clock, cleanup, random: ports.random, ...watch };
    const taken = await takeDoor({ ...door, onPhase: (now) => void (phase = () => now) }, shutdown.draining);
    if (taken.kind === 'refused') return refuseToStart(log, taken.detail);
    if (taken.kind === 'stopped') return { kind: 'stopped' };
    if (taken.hasWaited) current = readAnew(options, events);
    phase = startPhase(clock);
  }
  const onOperators = (): void => void tellOperators(people, ports);
  const built = await build(current, frame, { ...ports, onOperators });
  if (built instanceof StoreError) return refuseToStart(log, built.message);
  const { monitor, store, owner, reloader, bugs } = built;
  phase = () => monitor.phase;
  settings = () => reloader.settings;
  desk.open(
    createControlHandler({
      ...ports,
      monitor,
      sight,
      desk: store.desk,
      policyFor: (name) => settings().processes.policyFor(name),
      audit: new FileAuditLog(() => settings().logging.directory, clock, trustedOwners()),
      from: 'socket',
      reload: () => reloader.reload(),
    }),
  );
  if (!mode.dryRun) onOperators();
  options.onReloadable?.(() => void reloader.reload().catch(bugs.note));
  const end = await work(current, frame, { monitor, store, owner, ports, pulse, notifier }).catch(bugs.note);
  return bugs.first === null && end ? end : { kind: 'failed', detail: `unexpected error: ${words(bugs.first)}` };
}

function createNotifier({ runner }: SystemPorts, { notifySocket, notifyLine = null }: Surroundings): SdNotify {
  return new SdNotify(runner, notifySocket, openNotifyLine(notifyLine, pid));
}

function startPhase(clock: Clock): () => LoopPhase {
  const sinceMs = clock.monotonicMs();
  return () => ({ kind: 'starting', sinceMs });
}

interface Built {
  readonly monitor: Monitor;
  readonly store: TunableStore;
  readonly owner: Ownership;
  readonly reloader: Reloader;
  readonly bugs: Bugs;
}

async function build(
  options: DaemonOptions,
  frame: Frame,
  ports: SystemPorts & Pick<ReloadOptions, 'onOperators'>,
): Promise<Built | StoreError> {
  const { loaded, mode } = options;
  const { clock, cleanup, shutdown, log } = frame;
  const { settings } = loaded;
  const store = await openStore(settings, { ...ports, onPassword: (password) => log.hide(password) }).catch(
    expectStoreError,
  );
  if (store instanceof StoreError) return store;
  cleanup.defer('database', () => store.close());
  const bugs = new Bugs(frame);
  const access = mode.dryRun ? 'reader' : 'owner';
  const directory = settings.monitor.stateDirectory;
  const stateStore = new FileStateStore({ directory, clock, access, owners: trustedOwners() });
  const { source, writer } = store;
  const warn = (detail: string): void => ports.events.emit({ type: 'monitor.warned', code: 'ownership', detail });
  // A trial neither acts nor keeps others from it.
  const owner = mode.dryRun ? SOLE_OWNER : store.own(warn);
  const optionsOf = (now: Settings): MonitorOptions => monitorOptions(now, mode.dryRun);
  const monitor = new Monitor(
    { ...ports, source, writer, owner, stateStore },
    optionsOf(settings),
    shutdown,
    bugs.note,
  );
  const reloader = new Reloader({
    load: options.load,
    started: loaded,
    clock,
    events: ports.events,
    log,
    logOptions: (now) => logOptions(options, now, clock),
    store,
    reconfigure: (next, alongside) => monitor.reconfigure(next, alongside),
    monitorOptions: optionsOf,
    onOperators: ports.onOperators,
  });
  return { monitor, store, owner, reloader, bugs };
}

function expectStoreError(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  throw cause;
}

function refuseToStart(log: LiveLog, detail: string): DaemonEnd {
  log.write('error', 'The monitor does not start', { detail });
  return { kind: 'failed', detail };
}

interface Parts extends Pick<Built, 'monitor' | 'store' | 'owner'> {
  readonly ports: SystemPorts;
  readonly pulse: Pulse;
  readonly notifier: SdNotify;
}

async function work(options: DaemonOptions, frame: Frame, parts: Parts): Promise<DaemonEnd> {
  const { loaded, mode, surroundings } = options;
  const { clock, shutdown } = frame;
  const { monitor, ports, owner, notifier } = parts;
  const foreign: string[] = [];
  const description = sourceText(loaded.settings);
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
    // What an earlier run has left is written back by the owner alone.
    await firstAnswer(owner, shutdown.draining);
    await monitor.open();
    if (mode.once) {
      // A database that does not answer is told as such, and at once.
      await parts.store.source.countProcesses(shutdown.draining);
      const obstacle = await obstacleToOwning(owner, clock, { settings: loaded.settings, signal: shutdown.draining });
      if (obstacle !== null) return { kind: 'failed', detail: obstacle };
      await monitor.once();
    } else {
      await notifier.ready();
      const mayWait = loaded.settings.host.standby === 'wait';
      await monitor.loop(
        afterCycle(options, parts, (holder) => {
          if (mayWait) return;
          foreign.push(`another process-monitor acts: ${holder}`);
          shutdown.request('another one is the owner');
        }),
      );
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
  const [detail] = foreign;
  return detail === undefined ? { kind: 'stopped' } : { kind: 'failed', detail };
}

/** What each turn of the loop ends with: signs of life, and a look at the database once it answers. */
function afterCycle(
  { surroundings }: DaemonOptions,
  { monitor, store, ports, pulse }: Parts,
  onStandby: (holder: string) => void,
): (state: LoopState) => void {
  let isProbed = false;
  return (state) => {
    pulse.afterCycle(state, monitor.inFlight);
    if (!state.isBlind && state.owner.kind === 'owner' && !isProbed) {
      isProbed = true;
      void tellStore(store, ports);
    }
    if (state.owner.kind === 'standby') onStandby(ownerText(state.owner));
    surroundings.onPause?.(monitor.checkIntervalMs);
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
