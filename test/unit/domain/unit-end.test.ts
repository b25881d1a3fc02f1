/** A stop told from a crash by the order in which things happened. */
import { expect, it } from 'vitest';
import { wasAskedToEnd, type RunTimes } from '../../../src/domain/unit-end.js';

it.each<[string, RunTimes, boolean]>([
  ['one that has never been started', { leftInactive: 0, leftActive: 0, programEnded: 0 }, false],
  ['one that runs', { leftInactive: 10, leftActive: 0, programEnded: 0 }, false],
  ['one that runs again', { leftInactive: 50, leftActive: 20, programEnded: 30 }, false],
  ['a crash', { leftInactive: 10, leftActive: 20, programEnded: 19 }, false],
  ['a crash within one tick of the clock', { leftInactive: 10, leftActive: 20, programEnded: 20 }, false],
  ['a start that failed', { leftInactive: 50, leftActive: 20, programEnded: 60 }, false],
  ['a stop', { leftInactive: 10, leftActive: 20, programEnded: 21 }, true],
  ['a stop whose program is not known to have ended', { leftInactive: 10, leftActive: 20, programEnded: 0 }, true],
  ['a stop right after the start', { leftInactive: 20, leftActive: 20, programEnded: 21 }, true],
])('%s: %j was asked to end: %s', (_what, times, expected) => {
  expect(wasAskedToEnd(times)).toBe(expected);
});
