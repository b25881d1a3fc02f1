/** Ids and names that come with a row: what may become the name of a unit or program, and what never does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProcessId, toProcessId, toSystemName } from '../../../src/domain/alarm.js';

describe('a process id', () => {
  it.each<[string, unknown, number | null]>([
    ['is any safe integer', 42, 42],
    ['may be zero', 0, 0],
    ['may be negative', -3, -3],
    ['may come as a bigint', 42n, 42],
    ['may be the largest safe integer', 9007199254740991n, Number.MAX_SAFE_INTEGER],
    ['is never one beyond the safe integers', 9007199254740993n, null],
    ['is never a fraction', 1.5, null],
    ['is never a text', '42', null],
    ['is never NULL', null, null],
    ['is never not a number', Number.NaN, null],
  ])('%s', (_sentence, value, id) => {
    expect(toProcessId(value)).toBe(id);
  });

  it.each<[string, unknown, number | null]>([
    ['is read from decimal text', '42', 42],
    ['is read with its sign', '-42', -42],
    ['is read up to the largest safe integer', '9007199254740991', Number.MAX_SAFE_INTEGER],
    ['is not rounded to a neighbour', '9007199254740993', null],
    ['is not read from a longer number', '12345678901234567890', null],
    ['is not read from a fraction', '1.5', null],
    ['is not read from an exponent', '1e3', null],
    ['is not read from spaces', ' 1', null],
    ['is not read from nothing', '', null],
    ['is not read from a number', 42, null],
  ])('%s', (_sentence, text, id) => {
    expect(parseProcessId(text)).toBe(id);
  });
});

const HARMLESS = [
  'sshd',
  'my.app',
  'foo.service',
  'FOO.service',
  'getty@tty1',
  'getty@tty1.service',
  't@a-b\\x2dc',
  'x\\x20y.service',
  'a'.repeat(247),
  `${'a'.repeat(247)}.service`,
  '123',
  '_x',
  'a:b',
];

const HOSTILE = [
  '',
  ' ',
  '*',
  '*.service',
  '?',
  '[a]',
  '--help',
  '--version',
  '-H',
  '--host=127.0.0.1',
  '../x',
  '..',
  '.',
  '.hidden',
  '/home',
  '/etc/systemd/system/foo.service',
  'a/b',
  'a b',
  'a b; touch /tmp/x',
  'a;b',
  'a|b',
  'a&b',
  'a`b`',
  '$(reboot)',
  "a'b",
  'a"b',
  'a\nb',
  'a\tb',
  'a\0b',
  'a\u0007',
  'é',
  'ș',
  '😀',
  '\u202Eevil',
  'ａｂ',
  'a@b@c',
  't@',
  't@.service',
  'a=b',
  'a%sb',
  '~',
  'a,b',
  'a'.repeat(248),
  'a'.repeat(255),
  `${'a'.repeat(248)}.service`,
];

describe('the name of a unit or program', () => {
  it.each(HARMLESS)('may be %j', (name) => {
    expect(toSystemName(name)).toBe(name);
  });

  it.each(HOSTILE)('is never %j', (name) => {
    expect(toSystemName(name)).toBeNull();
  });

  it('is a path only where the operator wrote it', () => {
    expect(toSystemName('/opt/app/bin/worker')).toBeNull();
    expect(toSystemName('/opt/app/bin/worker', { allowPath: true })).toBe('/opt/app/bin/worker');
  });

  it.each(['/', '/opt/', '//opt', '/opt/../bin/sh', '/opt/./x', '/opt/a b', '/opt/a;b', '/opt/*', 'opt/x', '/-x'])(
    'is never the path %j, whoever wrote it',
    (path) => {
      expect(toSystemName(path, { allowPath: true })).toBeNull();
    },
  );

  it('holds no character that a shell, systemctl or a terminal takes for something else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const name = toSystemName(text);
        if (name === null) return;
        expect(name).toMatch(/^[A-Za-z0-9:_.@\\-]+$/);
        expect(name).toMatch(/^[^-.@]/);
        expect(name.length).toBeLessThanOrEqual(255);
      }),
    );
  });
});
