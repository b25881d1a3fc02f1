/** How long a handling took, out of what the database server has logged. */
import { describe, expect, it } from 'vitest';
import { handlingOf, type LoggedStatement } from '../../bench/statements.js';

const statement = (beganMs: number, text: string, changed = 0): LoggedStatement => ({
  ...{ beganMs, tookMs: 0.5, changed, text },
});
const look = (beganMs: number): LoggedStatement => statement(beganMs, 'SELECT 1 FROM STATUS_PROCESS WHERE alarma = 1');
const reset = (beganMs: number, changed = 1): LoggedStatement =>
  statement(beganMs, "UPDATE STATUS_PROCESS SET alarma = 0, notes = 'x'", changed);

describe('a handling', () => {
  it('goes from the first look after the raise to the end of the last reset', () => {
    const log = [
      look(90),
      look(110),
      look(115),
      statement(116, "UPDATE STATUS_PROCESS SET notes = 'm'", 1),
      reset(120),
      reset(130),
    ];
    expect(handlingOf(log, 100, 2)).toEqual({ beganMs: 110, toFirstResetMs: 10.5, toLastResetMs: 20.5 });
  });

  it('is read from a log in any order', () => {
    expect(handlingOf([reset(130), look(115), look(110)], 100, 1).beganMs).toBe(110);
  });

  it('knows a reset with names for its tables, and a claim from it', () => {
    const among =
      'UPDATE STATUS_PROCESS s SET s.alarma = 0, s.notes = CASE END WHERE s.process_id IN (?) AND s.alarma = 1';
    const claim = 'UPDATE STATUS_PROCESS s SET s.notes = ? WHERE s.process_id = ? AND s.alarma = 1';
    expect(handlingOf([look(110), statement(112, claim, 1), statement(120, among, 1)], 100, 1).toFirstResetMs).toBe(
      10.5,
    );
  });

  it('counts a reset of many rows in one statement as many', () => {
    expect(handlingOf([look(110), reset(120, 10)], 100, 10).toLastResetMs).toBe(10.5);
  });

  it.each([
    ['a reset that changed nothing', [look(110), reset(120, 0)]],
    ['fewer resets than alarms', [look(110), reset(120)]],
    ['no look', [reset(120), reset(121)]],
  ])('is not told from %s', (_, log) => {
    expect(() => handlingOf(log, 100, 2)).toThrow('of 2 resets');
  });
});
