/** The whole monitor in random weather: outages, refusals, operators, renamed rows, clocks that are set, death. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MonitorEvent } from '../../src/domain/event.js';
import { hostileName, mayBeUnit } from '../support/hostile-names.js';
import { MonitorBench } from '../support/monitor-bench.js';
import { policyOf } from '../support/policy.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../support/property-runs.js';
import { toSystemName } from '../../src/domain/alarm.js';
import {
  fates,
  HOST_BUDGET,
  PROCESS_BUDGET,
  RandomWorld,
  weather,
  wildWeather,
  type SeenRestart,
} from './random-world.js';

interface Budget {
  readonly restarts: number;
  readonly windowMs: number;
}

/** The most restarts that any window of that length has seen. */
function mostInAWindow(restarts: readonly SeenRestart[], { windowMs }: Budget): number {
  const inside = restarts.map(({ atMs }) =>
    restarts.filter((other) => other.atMs > atMs - windowMs && other.atMs <= atMs),
  );
  return Math.max(0, ...inside.map((each) => each.length));
}

/** Each handling has one end, and no two act on one target at once; death ends what was under way. */
function expectOneEndEach({ bench }: RandomWorld): void {
  const open = new Set<string>();
  const acting = new Map<string, string>();
  bench.events.events.forEach((event, position) => {
    if (bench.deaths.includes(position)) for (const each of [open, acting]) each.clear();
    if (event.type === 'restart.started') open.add(event.alarmId);
    const isResumed = event.type === 'handling.resumed' && event.finding === 'looking';
    if (isResumed) open.add(event.alarmId);
    // While systemd does not answer, who is behind a name is not known: such a handling ends without having acted.
    if (event.type === 'restart.attempted' && event.attempt === 1) {
      expect([...acting.values()]).not.toContain(targetOf(event.processName));
      acting.set(event.alarmId, targetOf(event.processName));
    }
    if (event.type !== 'restart.ended') return;
    expect(open.delete(event.alarmId)).toBe(true);
    acting.delete(event.alarmId);
  });
  const resumed = new Set(bench.told('handling.resumed').map(({ alarmId }) => alarmId));
  if (!bench.deaths.includes(bench.events.events.length))
    expect([...open].filter((alarmId) => !resumed.has(alarmId))).toEqual([]);
}

const targetOf = (name: string): string => (name === 'alias0' ? 'unit0' : name);

/** Nothing is forgotten: who is in alarm is under way, owed, or was told about after it was last said to be well. */
function expectNothingForgotten({ bench, rows }: RandomWorld): void {
  for (const { id, alarma, sound } of rows) {
    if (alarma !== 1 || sound) continue;
    const memory = bench.monitor.ledger.entries().find(([known]) => known === id)?.[1];
    if (memory?.inFlight || memory?.owed) continue;
    const name = bench.store.processes.find((process) => process.id === id)?.name ?? null;
    const last = bench.events.events.findLast((event) => isNewsOf(event, id, name));
    expect(['alarm.skipped', 'alarm.found', 'restart.started', 'restart.ended', 'alarm.raised_again']).toContain(
      last?.type,
    );
  }
}

const NEWS = new Set<MonitorEvent['type']>([
  ...(['alarm.found', 'alarm.skipped', 'alarm.gone', 'alarm.raised_again', 'restart.started'] as const),
  ...(['restart.ended', 'write_back.done'] as const),
]);

/** What was said of the row under an earlier name says nothing of it now. */
function isNewsOf(event: MonitorEvent, id: number | null, name: string | null): boolean {
  const of = 'row' in event ? event.row : 'processId' in event ? event : null;
  return of !== null && of.processId === id && of.processName === name && NEWS.has(event.type);
}

/** A world in which all this has happened and everything was mended, with nothing forgotten and the monitor at its end. */
async function livedThrough(
  lives: ConstructorParameters<typeof RandomWorld>[0],
  events: Parameters<RandomWorld['live']>[0],
): Promise<RandomWorld> {
  const world = new RandomWorld(lives);
  await world.live(events);
  world.mend();
  await world.bench.advance(20_000);
  expectNothingForgotten(world);
  await world.bench.stop();
  return world;
}

describe('in any weather', () => {
  it(
    'nothing is restarted blind, without an alarm, twice at once or beyond its budget; each handling has one end',
    async () => {
      await fc.assert(
        fc.asyncProperty(fates, weather, async (lives, events) => {
          const world = await livedThrough(lives, events);
          expect(world.wrongs).toEqual([]);
          expectOneEndEach(world);
          // The budget is a process's own: rows that lead to one unit have one each.
          for (const id of new Set(world.restarts.map(({ processId }) => processId))) {
            const own = world.restarts.filter(({ processId }) => processId === id);
            expect(mostInAWindow(own, PROCESS_BUDGET)).toBeLessThanOrEqual(PROCESS_BUDGET.restarts);
          }
          expect(mostInAWindow(world.restarts, HOST_BUDGET)).toBeLessThanOrEqual(HOST_BUDGET.restarts);
          await world.bench.close();
        }),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'also where people steer and the monitor dies, nothing is restarted blind or twice at once, and each handling has one end',
    async () => {
      await fc.assert(
        fc.asyncProperty(fates, wildWeather, async (lives, events) => {
          const world = await livedThrough(lives, events);
          // A person may restart what no row asks for; what a dead monitor asked for goes on in systemd.
          const has = (what: string): boolean => events.some((event) => event.what === what);
          expect(
            world.wrongs
              .filter((wrong) => !has('kill') || !wrong.endsWith('twice at once'))
              .filter((wrong) => !has('restart') || !wrong.includes('not answer')),
          ).toEqual([]);
          expectOneEndEach(world);
          await world.bench.close();
        }),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

describe('among rows of strangers', () => {
  it(
    'an honest one is handled at once, each other one is answered with a reason, and only what may be a unit is asked for',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.option(hostileName), { minLength: 1, maxLength: 40 }), async (names) => {
          const policyFor = (processName: string) =>
            toSystemName(processName) === null
              ? null
              : policyOf({ processName, origin: 'default_section', maxAttempts: 1, preRestartCommand: 'prepare %s' });
          const bench = new MonitorBench({
            options: { policyFor },
            units: { 'honest.service': { initially: { kind: 'failed' } } },
          });
          bench.runner.on('prepare');
          names.forEach((name, index) => bench.add(index + 2, name, { notes: name }));
          const honest = bench.add(1, 'honest');
          await bench.start();
          await bench.advance(5000);
          expect(honest.alarma).toBe(0);
          expect(bench.units.restarted).toEqual(['honest.service']);
          // Nothing is prepared for a unit that is not there.
          expect(bench.runner.lines).toEqual(['/bin/sh -c prepare honest']);
          for (const { kind, names: asked } of bench.units.calls)
            for (const name of asked)
              expect(kind === 'describe' ? toSystemName(name) !== null : mayBeUnit(name)).toBe(true);
          names.forEach((_, index) => {
            const told = bench.events.events.filter((event) =>
              'row' in event
                ? event.row.processId === index + 2
                : 'processId' in event && event.processId === index + 2,
            );
            expect(told.some(({ type }) => type === 'alarm.skipped' || type === 'restart.ended')).toBe(true);
          });
          await bench.close();
        }),
        runs(30),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
