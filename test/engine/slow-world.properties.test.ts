/** The whole monitor in random weather, while every question to the database, the disk and systemd takes its time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MonitorEvent } from '../../src/domain/event.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../support/property-runs.js';
import { fates, lags, RandomWorld, weather } from './random-world.js';

type Kind = Extract<MonitorEvent, { type: 'breaker.changed' }>['to']['kind'];

const unitOf = (name: string): string => (name === 'alias0' ? 'unit0' : name);

/** In words, what no reader of the log could understand. */
function contradictionsOf(events: readonly MonitorEvent[]): readonly string[] {
  const kinds = new Map<number, Kind>();
  const begun = new Set<string>();
  // By unit. While systemd does not answer, two names may be the same unit unseen: such handlings end without an attempt.
  const acting = new Map<string, string>();
  const wrongs: string[] = [];
  for (const event of events) {
    if (event.type === 'breaker.changed') {
      const { processId, from, to } = event;
      const last = kinds.get(processId) ?? 'closed';
      if (last !== from.kind) wrongs.push(`the breaker of ${processId} was ${last}, and changes from ${from.kind}`);
      kinds.set(processId, to.kind);
    } else if (event.type === 'restart.started') {
      const { alarmId, processName, processId, isTrial } = event;
      begun.add(alarmId);
      const kind = processId === null ? 'closed' : (kinds.get(processId) ?? 'closed');
      if (kind === 'open') wrongs.push(`${processName} is handled while its breaker is open`);
      if (kind === 'half_open' && !isTrial) wrongs.push(`${processName} is handled half-open, and not as a trial`);
    } else if (event.type === 'restart.attempted') {
      const unit = unitOf(event.processName);
      if ((acting.get(unit) ?? event.alarmId) !== event.alarmId) wrongs.push(`${unit} is acted on twice at once`);
      acting.set(unit, event.alarmId);
    } else if (event.type === 'restart.ended') {
      if (!begun.delete(event.alarmId)) wrongs.push(`${event.processName} has a second end`);
      const unit = unitOf(event.processName);
      if (acting.get(unit) === event.alarmId) acting.delete(unit);
    }
  }
  return [...wrongs, ...[...begun].map((alarmId) => `${alarmId} has no end`)];
}

describe('however long each answer takes', () => {
  it(
    'no unit is restarted twice at once, each handling has one end, and breakers tell every change before what it leads to',
    async () => {
      await fc.assert(
        fc.asyncProperty(fates, weather, lags, async (lives, events, times) => {
          const world = new RandomWorld(lives, times);
          await world.live(events);
          world.mend();
          await world.bench.advance(20_000);
          await world.bench.stop();
          expect(world.wrongs.filter((wrong) => wrong.endsWith('twice at once'))).toEqual([]);
          expect(contradictionsOf(world.bench.events.events)).toEqual([]);
          await world.bench.close();
        }),
        runs(60),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
