/** Which names may reach `systemctl`, and as what. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toUnitName } from '../../../src/adapters/systemd/unit-name.js';

it.each([
  ['foo', 'foo.service'],
  ['foo.service', 'foo.service'],
  ['foo.bar', 'foo.bar.service'],
  ['foo.timer', 'foo.timer'],
  ['123', '123.service'],
  ['getty@tty1', 'getty@tty1.service'],
  ['x\\x20y.service', 'x\\x20y.service'],
  ['a'.repeat(247), `${'a'.repeat(247)}.service`],
])('takes %s as %s', (name, unit) => {
  expect(toUnitName(name)).toBe(unit);
});

it.each([
  '',
  '-x',
  '.x',
  '*',
  'a*',
  'a?',
  '[a]',
  'a b',
  'a\tb',
  'a\nb',
  '../x',
  '/x',
  'x@',
  'x@.service',
  'a@b@c',
  'ü',
  'a'.repeat(248),
])('refuses %j', (name) => {
  expect(toUnitName(name)).toBeNull();
});

it('never gives anything that systemctl could take for an option, a glob, a path or two names', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const unit = toUnitName(name);
      expect(unit === null || /^[A-Za-z0-9:_][^\s*?[\]/]*\.[a-z]+$/.test(unit)).toBe(true);
    }),
  );
});
