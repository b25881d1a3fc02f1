/** What happens in the demo: one thing after another breaks, and somebody else raises the alarm for it. */
import type { MonitorEvent } from '../../domain/event.js';
import type { Clock } from '../../ports/clock.js';
import type { DemoSite, SampleName } from './demo-site.js';
import type { Onlooker } from './onlooker.js';
import type { SampleProcesses } from './sample-processes.js';
import type { Story } from './story.js';

/** What an act plays with. */
export interface Stage {
  readonly clock: Clock;
  readonly site: DemoSite;
  readonly processes: SampleProcesses;
  readonly story: Story;
  readonly onlooker: Onlooker;
  /** Writes the alarm into the database as another system would. */
  readonly raise: (processId: number, note: string) => Promise<void>;
  /** Monotonic milliseconds; null: no end is set. */
  readonly endsMs: number | null;
  readonly signal: AbortSignal;
}

interface Act {
  readonly play: (stage: Stage) => Promise<void>;
  /** It is not begun when less is left, so that no story ends in its middle. */
  readonly takesMs: number;
}

const PAUSE_MS = 1000;
/** The memory of a failure must have gone before the same process may break again. */
const STABLE_MS = 2500;

const ACTS: readonly Act[] = [
  { play: crash, takesMs: 2500 },
  { play: beyondRepair, takesMs: 10_000 },
  { play: sickPage, takesMs: 4000 },
  { play: deaf, takesMs: 5000 },
];

/** Act after act, from the first again after the last, until the signal; every wait in it ends with that. */
export async function playScenario(stage: Stage): Promise<void> {
  await stage.clock.sleep(PAUSE_MS, stage.signal);
  while (!stage.signal.aborted) {
    for (const { play, takesMs } of ACTS) {
      if (timeLeftMs(stage) < takesMs) break;
      await play(stage);
      await stage.clock.sleep(PAUSE_MS, stage.signal);
    }
    await stage.clock.sleep(Math.min(STABLE_MS, timeLeftMs(stage)), stage.signal);
  }
}

function timeLeftMs({ endsMs, clock, signal }: Stage): number {
  if (signal.aborted) return 0;
  return endsMs === null ? Infinity : endsMs - clock.monotonicMs();
}

async function crash(stage: Stage): Promise<void> {
  stage.story.tell('broken', 'shop', 'killed by kill -9');
  await stage.processes.kill(stage.site.samples.shop);
  await alarmUntilReset(stage, 'shop', 'the web shop is gone');
}

async function sickPage(stage: Stage): Promise<void> {
  stage.story.tell('broken', 'shop', 'runs, but answers 500 to everybody');
  await stage.processes.makeSick(stage.site.samples.shop);
  await alarmUntilReset(stage, 'shop', 'customers see errors');
}

async function deaf(stage: Stage): Promise<void> {
  stage.story.tell('broken', 'mailer', 'hangs: takes no connections, ignores TERM');
  await stage.processes.makeSick(stage.site.samples.mailer);
  await alarmUntilReset(stage, 'mailer', 'mail is not sent');
}

/** Restarts cannot mend it: the breaker opens, other processes are handled meanwhile, and one trial ends it. */
async function beyondRepair(stage: Stage): Promise<void> {
  const { processes, story, onlooker, signal } = stage;
  const { reports } = stage.site.samples;
  story.tell('broken', 'reports', 'killed, and its licence is gone: it cannot start');
  await processes.takeLicence(reports);
  await processes.kill(reports);
  const opened = onlooker.next((event) => isBreaker(event, 'reports', 'open'), signal);
  const reset = onlooker.next((event) => isReset(event, 'reports'), signal);
  await raise(stage, 'reports', 'no reports since this morning');
  await opened;
  if ((await stage.clock.sleep(PAUSE_MS, signal)) === 'aborted') return;
  await deaf(stage);
  story.tell('mended', 'reports', 'somebody has brought the licence back');
  await processes.returnLicence(reports);
  await reset;
}

async function alarmUntilReset(stage: Stage, name: SampleName, why: string): Promise<void> {
  const reset = stage.onlooker.next((event) => isReset(event, name), stage.signal);
  await raise(stage, name, why);
  await reset;
}

async function raise({ raise: write, story, site }: Stage, name: SampleName, why: string): Promise<void> {
  story.alarmRaised(name, why);
  await write(site.samples[name].processId, why);
}

function isReset(event: MonitorEvent, name: SampleName): boolean {
  return event.type === 'write_back.done' && event.processName === name;
}

function isBreaker(event: MonitorEvent, name: SampleName, kind: 'open'): boolean {
  return event.type === 'breaker.changed' && event.processName === name && event.to.kind === kind;
}
