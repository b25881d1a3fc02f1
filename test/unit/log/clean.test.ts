/** What never reaches a line. */
import { describe, expect, it } from 'vitest';
import { Cleaner } from '../../../src/adapters/log/clean.js';

describe('Cleaner', () => {
  const cleaner = new Cleaner(['hunter2!', 'hunter2!longer', '', 'x']);

  it('redacts values under telling keys at any depth', () => {
    const fields = { a: { b: [{ dbPassword: 'p', apiKey: 1, passed: true }] }, token: { deep: 'p' } };
    expect(cleaner.fields(fields)).toEqual({
      a: { b: [{ dbPassword: '[redacted]', apiKey: '[redacted]', passed: true }] },
      token: '[redacted]',
    });
  });

  it('replaces literal secrets anywhere, the longest first, and leaves those that are too short to be told apart', () => {
    expect(cleaner.text('a hunter2!longer b hunter2! x')).toBe('a [redacted] b [redacted] x');
  });

  it('redacts assignments and logins in addresses, but not what a database says about passwords', () => {
    expect(cleaner.text('run --password=abc MYSQL_PWD="d e" http://u:pw@host/')).toBe(
      'run --password=[redacted] MYSQL_PWD=[redacted] http://u:[redacted]@host/',
    );
    expect(cleaner.text("Access denied for user 'a'@'b' (using password: YES)")).toContain('(using password: YES)');
  });

  it('keeps of an error its message, code and causes, but not the statement that it carries', () => {
    const cause = new Error('caused by hunter2!');
    const error = Object.assign(new Error('failed', { cause }), { code: 'E1', sql: 'UPDATE …' });
    const { error: cleaned } = cleaner.fields({ error });
    expect(cleaned).toMatchObject({
      name: 'Error',
      message: 'failed',
      code: 'E1',
      cause: { message: 'caused by [redacted]' },
    });
    expect(cleaned).not.toHaveProperty('sql');
  });

  it('cuts what is long, never through the middle of a character', () => {
    const text = cleaner.text(`${'a'.repeat(2047)}😀${'b'.repeat(5000)}`);
    expect(text).toBe(`${'a'.repeat(2047)}… (5002 more characters)`);
  });

  it('survives circles, numbers too large for JSON, and functions', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const cleaned = cleaner.fields({ circle, big: 10n, call: () => 1 });
    expect(() => JSON.stringify(cleaned)).not.toThrow();
    expect(cleaned).toMatchObject({ big: '10' });
    expect(cleaned).not.toHaveProperty('call');
  });

  it('keeps a field of any name', () => {
    const fields = JSON.parse('{"__proto__": "a", "constructor": "b", "7": "c"}') as Record<string, unknown>;
    expect(JSON.stringify(cleaner.fields(fields))).toBe('{"7":"c","__proto__":"a","constructor":"b"}');
  });

  it('leaves out null and undefined, and renames what every line has of its own', () => {
    expect(cleaner.fields({ a: null, b: undefined, level: 1, 'x"y': 2 })).toEqual({ level_: 1, x_y: 2 });
  });
});
