/** Names of the units for one process: no two processes share one, and systemd takes each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toUnitName } from '../../../src/adapters/systemd/unit-name.js';
import { commandUnitName, ownUnitName } from '../../../src/domain/own-unit-name.js';

const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
  fc.constantFrom('a', 'a:', 'a::', 'a@b', 'a-restart', 'a-pre', 'cmd@a', 'ă', 'a b', 'x'.repeat(300)),
);

describe('names', () => {
  it.each([
    ['web', 'pm-web.service'],
    ['billing worker', 'pm-billing:20worker.service'],
    ['a:20b', 'pm-a:3a20b.service'],
    ['ă/b', 'pm-:c4:83:2fb.service'],
    ['worker@1', 'pm-worker:401.service'],
  ])('%s has the unit %s', (processName, unit) => {
    expect(ownUnitName(processName)).toBe(unit);
  });

  it('are names that systemd takes, of at most 255 bytes, whatever the process is called', () => {
    fc.assert(
      fc.property(name, (one) => {
        const units = [ownUnitName(one), commandUnitName(one, 'restart'), commandUnitName(one, 'pre_restart')];
        for (const unit of units) expect(toUnitName(unit)).toBe(unit);
      }),
    );
  });

  it('differ wherever the processes or their purposes differ', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        const of = (each: string): readonly string[] => [
          ownUnitName(each),
          commandUnitName(each, 'restart'),
          commandUnitName(each, 'pre_restart'),
        ];
        const isOne = Buffer.from(one).equals(Buffer.from(other));
        expect(new Set([...of(one), ...of(other)]).size).toBe(isOne ? 3 : 6);
      }),
    );
  });

  it('differ for long names that begin alike', () => {
    const long = 'x'.repeat(250);
    expect(ownUnitName(`${long}a`)).not.toBe(ownUnitName(`${long}b`));
    expect(ownUnitName(`${long}a`)).toMatch(/^pm-x{182}::[0-9a-f]{16}\.service$/);
  });
});
