/** The demo: the whole journey of alarms on a file database, with the real daemon and three sample processes. */
import { rm } from 'node:fs/promises';
import { detectHostAbilities, type HostAbilities } from '../../adapters/exec/process-starter.js';
import { createSampleTables } from '../../adapters/sqlite/sample-tables.js';
import { SystemClock } from '../../adapters/time/system-clock.js';
import { loadSettings } from '../../config/load.js';
import type { LoadedSettings } from '../../config/settings-from-text.js';
import { toProcessId } from '../../domain/alarm.js';
import { fanOut } from '../../engine/fan-out.js';
import type { Clock } from '../../ports/clock.js';
import type { AlarmStore } from '../../ports/alarm-store.js';
import type { DaemonEnd } from '../daemon-options.js';
import { runDaemon } from '../daemon.js';
import { CleanupStack } from '../lifecycle.js';
import { createSystemPorts } from '../system-ports.js';
import { openStore } from '../open-store.js';
import { furnishSite, makeSiteDirectory, SAMPLE_NAMES, type DemoSite } from './demo-site.js';
import { Onlooker } from './onlooker.js';
import { showProgress } from './progress.js';
import { SampleProcesses } from './sample-processes.js';
import { playScenario } from './scenario.js';
import { Screen, type ScreenOptions } from './screen.js';
import { Story } from './story.js';
import { summaryLines } from './summary.js';

export interface DemoOptions {
  /** null: until it is stopped. */
  readonly forMs: number | null;
  readonly screen: ScreenOptions;
  /** Ends the demo in good order. */
  readonly stop: AbortSignal;
  /** Does not wait for a handling that is under way. */
  readonly hurry: AbortSignal;
}

/** Programs are started in sessions of their own: units would outlive the demo and need rights. */
function abilities(): HostAbilities {
  return { ...detectHostAbilities(), hasSystemd: false, isService: false };
}

/** Resolves when programs, files and sockets of the demo are gone. Throws what made it fail, after the same clean-up. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const cleanup = new CleanupStack();
  const screen = new Screen(options.screen);
  try {
    await play(options, cleanup, screen);
  } finally {
    screen.progress('');
    for (const failure of await cleanup.unwind()) screen.line(`Clean-up failed: ${failure}`);
  }
}

async function play(options: DemoOptions, cleanup: CleanupStack, screen: Screen): Promise<void> {
  const directory = await makeSiteDirectory();
  cleanup.defer('directory', () => rm(directory, { recursive: true, force: true }));
  const site = await furnishSite(directory);
  const clock = new SystemClock();
  const story = new Story(screen, clock, directory);
  const onlooker = new Onlooker();
  const ports = createSystemPorts(fanOut([]), { clock, abilities: abilities() });
  const processes = new SampleProcesses(ports);
  const load = (): LoadedSettings => loadSettings({ file: site.configFile, environment: {} });
  const loaded = load();

  screen.line('process-monitor demo: three sample processes, a file database, the real daemon. Ctrl-C ends it.');
  await createSampleTables(site.databaseFile, SAMPLE_NAMES);
  for (const sample of Object.values(site.samples)) {
    cleanup.defer(`process ${sample.name}`, () => processes.kill(sample));
    await processes.start(sample, options.stop);
    story.tell('monitor', sample.name, `runs; well when it ${wellWhen(sample.healthCheck)}`);
  }
  // The other system has a connection of its own, as in real life.
  const store = await openStore(loaded.settings, ports);
  cleanup.defer('database', () => store.close());

  const end = await playUntilTheEnd(options, { loaded, load, site, clock, screen, story, onlooker, processes, store });
  if (end.kind === 'failed') throw new Error(end.detail);
  screen.progress('');
  for (const line of summaryLines(story.tally)) screen.line(line);
}

interface Cast {
  readonly loaded: LoadedSettings;
  readonly load: () => LoadedSettings;
  readonly site: DemoSite;
  readonly clock: Clock;
  readonly screen: Screen;
  readonly story: Story;
  readonly onlooker: Onlooker;
  readonly processes: SampleProcesses;
  readonly store: AlarmStore;
}

/** Whatever ends first, its time, a wish or a failure, ends all; resolves or rejects when nothing of it runs any more. */
async function playUntilTheEnd({ forMs, stop, hurry }: DemoOptions, cast: Cast): Promise<DaemonEnd> {
  const { loaded, load, site, clock, screen, story, onlooker, processes, store } = cast;
  const ending = new AbortController();
  const signal = AbortSignal.any([stop, ending.signal]);
  const endAll = (): void => ending.abort();
  const endsMs = forMs === null ? null : clock.monotonicMs() + forMs;
  if (forMs !== null) void clock.sleep(forMs, signal).then(endAll);
  const daemon = runDaemon({
    loaded,
    load,
    mode: { once: false, dryRun: false },
    notices: [],
    surroundings: {
      notifySocket: null,
      journalStream: null,
      isTerminal: false,
      isColoured: false,
      abilities: abilities(),
      onEvent: (event) => fanOut([story, onlooker]).emit(event),
    },
    onStoppable: (stopDaemon) => {
      onAbort(signal, () => stopDaemon('the demo ends'));
      onAbort(hurry, () => stopDaemon('the demo is to end at once'));
    },
  }).finally(endAll);
  const raise = raiser(store);
  const scenario = playScenario({ clock, site, processes, story, onlooker, raise, endsMs, signal }).finally(endAll);
  const progress = showProgress({ screen, clock, story, endsMs, signal });
  const [end, ...others] = await Promise.allSettled([daemon, scenario, progress]);
  for (const each of [end, ...others]) if (each.status === 'rejected') throw each.reason;
  return end.status === 'fulfilled' ? end.value : { kind: 'failed', detail: String(end.reason) };
}

function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}

function raiser({ desk }: AlarmStore): (processId: number, note: string) => Promise<void> {
  return async (number, note) => {
    const processId = toProcessId(number);
    if (processId !== null) await desk.apply('raise', processId, note, new AbortController().signal);
  };
}

/** `health_check_port = 8080` in words. */
function wellWhen(healthCheck: string): string {
  const value = healthCheck.slice(healthCheck.indexOf('=') + 1).trim();
  if (healthCheck.startsWith('health_check_url')) return `answers at ${value}`;
  if (healthCheck.startsWith('health_check_port')) return `takes connections on port ${value}`;
  return `passes a command: ${value}`;
}
