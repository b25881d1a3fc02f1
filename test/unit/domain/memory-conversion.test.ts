/** Memory on its way to the disk and back: the same after it, however long it lay there and whatever the clock did. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromStored, toStored, type Memory, type Now } from '../../../src/domain/memory-conversion.js';
import { NO_EVIDENCE, newMemory, type ProcessMemory } from '../../../src/domain/process-memory.js';

const HOUR = 3600_000;
const DAY = 24 * HOUR;
/** When the monitor saved, and when the next one reads `pauseMs` later on a machine that was booted in between. */
const saved: Now = { wallMs: Date.UTC(2026, 0, 1), monotonicMs: 10 * DAY };
const after = (pauseMs: number): Now => ({ wallMs: saved.wallMs + pauseMs, monotonicMs: 5000 });

/** Everything that a memory can hold; `agoMs` and `inMs` around the moment of saving. */
function fullMemory(agoMs: number, inMs: number): ProcessMemory {
  const past = saved.monotonicMs - agoMs;
  const future = saved.monotonicMs + inMs;
  const before = { unit: { id: 'app.service', invocationId: 'abc' }, processes: [] };
  return {
    processName: 'app',
    breaker: { kind: 'open', untilMs: future, openings: 2 },
    restarts: [past, saved.monotonicMs],
    inFlight: {
      alarmId: 'one',
      startedMs: past,
      deadlineMs: future,
      attempt: 1,
      step: 'unit',
      stepEnded: 'well',
      askedBy: 'person',
      before,
      claim: 'pm:12345678',
    },
    owed: { kind: 'clear', stamp: 'Restarted at x', sinceMs: past, alarmId: 'two', claim: null },
    watch: { untilMs: future, alarmId: 'three', after: NO_EVIDENCE },
    handledMs: past,
    refusal: { untilMs: future, detail: 'polkit' },
  };
}

/** What came back, with every time as its distance from the moment of reading. */
function readBack(memory: ProcessMemory, now: Now): Record<string, number | null | undefined> {
  const stored: unknown = JSON.parse(
    JSON.stringify(toStored({ processes: new Map([['42', memory]]), hostRestarts: [] }, saved)),
  );
  const read = fromStored(stored as Parameters<typeof fromStored>[0], now).processes.get('42');
  const distance = (ms: number | null | undefined): number | null | undefined =>
    typeof ms === 'number' ? ms - now.monotonicMs : ms;
  return {
    breaker: read?.breaker.kind === 'open' ? distance(read.breaker.untilMs) : undefined,
    restart: distance(read?.restarts[0]),
    started: distance(read?.inFlight?.startedMs),
    deadline: distance(read?.inFlight?.deadlineMs),
    owedSince: distance(read?.owed?.sinceMs),
    watch: distance(read?.watch?.untilMs),
    handled: distance(read?.handledMs),
    refusal: distance(read?.refusal?.untilMs),
  };
}

const expected = (past: number, future: number): Record<string, number> => ({
  breaker: future,
  restart: past,
  started: past,
  deadline: future,
  owedSince: past,
  watch: future,
  handled: past,
  refusal: future,
});

describe('every time that is stored', () => {
  it.each<[string, number, number, number]>([
    ['is the same when read at once', 0, -HOUR, 2 * HOUR],
    ['has come nearer after an hour', HOUR, -2 * HOUR, HOUR],
    ['is now where its wait is over', 3 * HOUR, -4 * HOUR, 0],
    ['is no longer than before where the clock was set back by a day', -DAY, 0, 2 * HOUR],
    ['is now where the clock was set ahead by a year', 365 * DAY, -HOUR - 365 * DAY, 0],
  ])('%s', (_sentence, pauseMs, past, future) => {
    expect(readBack(fullMemory(HOUR, 2 * HOUR), after(pauseMs))).toEqual(expected(past, future));
  });

  it('lies a week ahead at most, whatever was written', () => {
    expect(readBack(fullMemory(0, 1000 * DAY), after(0))).toMatchObject({ breaker: 7 * DAY, deadline: 7 * DAY });
  });

  it('is never ahead where it was past, and never past where it was ahead', () => {
    const times = fc.tuple(fc.nat(30 * DAY), fc.nat(30 * DAY), fc.integer({ min: -1000 * DAY, max: 1000 * DAY }));
    fc.assert(
      fc.property(times, ([agoMs, inMs, pauseMs]) => {
        const read = readBack(fullMemory(agoMs, inMs), after(pauseMs));
        expect(read['started']).toBeLessThanOrEqual(0);
        expect(read['restart']).toBeLessThanOrEqual(0);
        expect(read['deadline']).toBeGreaterThanOrEqual(0);
        expect(read['deadline']).toBeLessThanOrEqual(Math.min(inMs, 7 * DAY));
      }),
    );
  });
});

describe('a round trip', () => {
  const roundTrip = (memory: Memory): Memory => fromStored(toStored(memory, saved), saved);

  it('changes nothing of a full memory', () => {
    const memory = { processes: new Map([['42', fullMemory(HOUR, HOUR)]]), hostRestarts: [saved.monotonicMs - 5] };
    expect(roundTrip(memory)).toEqual(memory);
  });

  it('changes nothing of a blank one', () => {
    const memory = { processes: new Map([['7:42', newMemory('app')]]), hostRestarts: [] };
    expect(roundTrip(memory)).toEqual(memory);
  });

  it.each([{ kind: 'closed', failures: 2 }, { kind: 'half_open', openings: 3 }, { kind: 'isolated' }] as const)(
    'keeps a breaker that is $kind',
    (breaker) => {
      const memory = { processes: new Map([['42', { ...newMemory('app'), breaker }]]), hostRestarts: [] };
      expect(roundTrip(memory)).toEqual(memory);
    },
  );
});
