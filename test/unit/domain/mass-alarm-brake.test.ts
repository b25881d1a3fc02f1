/** The mass-alarm brake: when it holds, for how long, and when it is nobody's business. */
import { describe, expect, it } from 'vitest';
import { brakeAfterLook, mayBeMassAlarm, type BrakeState } from '../../../src/domain/mass-alarm-brake.js';

const limits = { percent: 50, min: 5 };

describe('a look at the batch', () => {
  it.each<[string, BrakeState, number, number, BrakeState]>([
    ['finds no mass alarm in four of four', 'released', 4, 4, 'released'],
    ['finds no mass alarm in exactly half', 'released', 5, 10, 'released'],
    ['holds when more than half are in alarm', 'released', 6, 10, 'held'],
    ['lets go on when the next look finds it too', 'held', 6, 10, 'confirmed'],
    ['lets go on for as long as it lasts', 'confirmed', 10, 10, 'confirmed'],
    ['releases a held brake when it is over', 'held', 1, 10, 'released'],
    ['releases a confirmed brake when it is over', 'confirmed', 5, 10, 'released'],
    ['holds when nothing is known of the others', 'released', 5, 0, 'held'],
  ])('%s', (...[, before, alarmed, known, after]) => {
    expect(brakeAfterLook(before, alarmed, known, limits)).toBe(after);
  });

  it('never holds where the brake is off', () => {
    expect(brakeAfterLook('released', 1000, 1000, { percent: 0, min: 1 })).toBe('released');
  });
});

describe('counting all processes', () => {
  it('is worth it only from the least number of alarms on', () => {
    expect([4, 5].map((alarmed) => mayBeMassAlarm(alarmed, limits))).toEqual([false, true]);
  });

  it('is never worth it where the brake is off', () => {
    expect(mayBeMassAlarm(1000, { percent: 0, min: 1 })).toBe(false);
  });
});
