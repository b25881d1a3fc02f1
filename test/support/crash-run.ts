/** Plays a scenario with a monitor that dies at given points, and compares the end of the world with what must hold. */
import { CrashWorld, type Aftermath, type Death } from './crash-world.js';
import type { CrashScenario, Happening } from './crash-scenarios.js';
import { idOf } from './policy.js';

export interface Played {
  readonly deaths: readonly Death[];
  /** Points of the life that no fault has ended. */
  readonly points: number;
  /** What must not be; empty: all is well. */
  readonly complaints: readonly string[];
}

const STEP_MS = 250;
/** What each death may add: until the end of what it was at, and of everything that follows. */
const MORE_FOR_A_DEATH_MS = 40_000;

/** The database notices what the host's end has taken along, once everything begun before is over. */
const NOTICED_AFTER_MS = 20_000;
/** Where nobody else may write, it first sees that it was well. */
const noticeWhatIsDown =
  (scenario: CrashScenario, isDown: boolean) =>
  async (world: CrashWorld): Promise<void> => {
    if (await scenario.isWell(world)) return;
    for (const row of world.bench.store.statuses) row.alarma = isDown ? 1 : 0;
  };

/** `dieAt`: the point of each life in turn at which it ends; a last life follows that lasts. */
export async function play(scenario: CrashScenario, dieAt: readonly number[], aftermath: Aftermath): Promise<Played> {
  const world = new CrashWorld(scenario.setup, aftermath);
  scenario.prepare(world);
  const { clock } = world.bench;
  const startedMs = clock.monotonicMs();
  const happenings: Happening[] = [...(scenario.happenings ?? [])];
  for (const fault of [...dieAt, null]) {
    const { length: deaths } = world.deaths;
    await world.begin(fault);
    const horizonMs = (scenario.horizonMs ?? 30_000) + deaths * MORE_FOR_A_DEATH_MS;
    while (world.deaths.length === deaths && clock.monotonicMs() - startedMs < horizonMs) {
      await world.bench.advance(STEP_MS);
      while (happenings[0] !== undefined && clock.monotonicMs() - startedMs >= happenings[0].atMs)
        await happenings.shift()?.what(world);
    }
    if (world.deaths.length === deaths) break;
    await world.endLife();
    if (world.deaths.length !== 1 || !aftermath.reboots) continue;
    const noticedMs = clock.monotonicMs() - startedMs + NOTICED_AFTER_MS;
    if (scenario.setup.store?.writes === 'off')
      happenings.push({ atMs: noticedMs - 4000, what: noticeWhatIsDown(scenario, false) });
    happenings.push({ atMs: noticedMs, what: noticeWhatIsDown(scenario, true) });
  }
  world.spare();
  const { points } = world;
  const complaints = await complaintsAbout(world, scenario);
  await world.bench.close();
  return { deaths: world.deaths, points, complaints };
}

async function complaintsAbout(world: CrashWorld, scenario: CrashScenario): Promise<readonly string[]> {
  const { bench } = world;
  const complaints: string[] = [];
  if (scenario.isHeldAfterReboot && world.aftermath.reboots && bench.reasons('app').at(-1) === 'refused') return [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) complaints.push(what);
  };
  const done = restartsOf(world);
  const [least, most] = justified(world, scenario);
  must(done >= least && done <= most, `${done} restarts instead of ${least} to ${most}`);
  const isForgiven = world.aftermath.reboots && bench.store.statuses.some(({ sound }) => sound === 1);
  must(isForgiven || (await scenario.isWell(world)), 'it does not run as it should');
  for (const { id, alarma } of bench.store.statuses)
    must(alarma !== 1 || (scenario.acknowledged ?? []).includes(id ?? 0), `row ${id} is still in alarm`);
  must(world.running === 0, `${world.running} commands still run`);
  for (const [id, memory] of bench.monitor.ledger.entries()) {
    must(memory.inFlight === null, `${id} is still in flight`);
    must(memory.owed === null, `${id} still owes`);
    must(memory.watch === null, `${id} is still watched`);
  }
  const memory = bench.memoryOf(1);
  const spent = Math.max(0, ...bench.monitor.ledger.entries().map(([, { restarts }]) => restarts.length));
  must(spent >= done, `${spent} restarts on record of ${done}`);
  if (scenario.failures !== undefined && !world.aftermath.reboots) {
    const counted = memory?.breaker.kind === 'closed' ? memory.breaker.failures : -1;
    // A death may spend from the budget without a restart.
    must(counted === done, `${counted} failures counted of ${done}`);
  }
  const ended = bench.told('restart.ended').map(({ alarmId }) => alarmId);
  must(new Set(ended).size === ended.length, 'a handling has ended twice');
  must(bench.bugs.length === 0, `bugs: ${bench.bugs.map(String).join('; ')}`);
  must(bench.monitor.ledger.memoryOf(idOf(1))?.breaker.kind !== 'open', 'the breaker is open');
  return complaints;
}

/** Counted where they happen, whatever the monitor says of them. */
function restartsOf({ bench, started, finished }: CrashWorld): number {
  return bench.units.carriedOut.length + started.length + finished.filter((line) => line === 'mend it').length;
}

function justified(world: CrashWorld, scenario: CrashScenario): readonly [number, number] {
  const { deaths, aftermath } = world;
  const { restarts, atLeast = restarts } = scenario;
  // What a death has interrupted may be spent from the budget without a restart.
  const least = scenario.failures === undefined ? atLeast : Math.max(0, atLeast - deaths.length);
  const repeated = scenario.repeats === 'command' ? commandsCutOff(world) : 0;
  const rebooted = aftermath.reboots && deaths.length > 0 ? 1 : 0;
  return [least, restarts + repeated + rebooted];
}

/** Deaths between the beginning of a command and the moment when its end is on record. */
function commandsCutOff({ deaths }: CrashWorld): number {
  const inCommand = /^(runner\.run|units\.restart) (during|after)$/;
  return deaths.filter(
    ({ point, after }) =>
      inCommand.test(point) ||
      (point === 'stateStore.save before' && inCommand.test(after)) ||
      point === 'stateStore.save during',
  ).length;
}
