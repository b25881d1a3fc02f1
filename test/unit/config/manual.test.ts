/** The manual's page on settings and the example file say what the tables of keys say. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { variablesFor } from '../../../src/config/env.js';
import type { KeySpec } from '../../../src/config/key.js';
import { readValue } from '../../../src/config/read-value.js';
import { ALL_SECTIONS } from '../../../src/config/schema.js';
import { read } from './reading.js';

const root = new URL('../../../', import.meta.url);
const manual = readFileSync(new URL('docs/settings.md', root), 'utf8');
const example = readFileSync(new URL('config.example.ini', root), 'utf8');

const allKeys = [...ALL_SECTIONS].flatMap(([section, keys]) =>
  Object.entries(keys).map(([key, spec]) => ({ section, key, spec })),
);

function manualRow(section: string, key: string, spec: KeySpec<unknown>): string {
  const home = section === 'process.NAME' ? 'process.default' : section;
  const variables = variablesFor(home, key).map((name) => `\`${name}\``);
  const fallback = spec.fallback === null ? '–' : `\`${spec.fallback}\``;
  return `| \`${key}\` | ${spec.doc} | ${fallback} | ${spec.allowed} | ${variables.join(', ') || '–'} |`;
}

describe('docs/settings.md', () => {
  const rows = manual.split('\n').filter((line) => line.startsWith('| `'));

  it.each(allKeys)('has the row of [$section] $key', ({ section, key, spec }) => {
    expect(manual).toContain(`${manualRow(section, key, spec)}\n`);
  });

  it('has no row of a key that is gone', () => {
    const known = new Set(allKeys.map(({ key }) => key));
    const named = rows.map((row) => /^\| `(\w+)` \|/.exec(row)?.[1]).filter((key) => key !== undefined);
    expect(named.filter((key) => !known.has(key))).toEqual([]);
  });
});

describe('config.example.ini', () => {
  const lines = example.split('\n');

  it('works as it is, without a password and without a notice, and restarts nothing that nobody has asked for', () => {
    const { settings, notices } = read(example);
    expect(notices).toEqual([]);
    expect(settings.database).toMatchObject({ engine: 'mysql', password: null });
    expect(settings.processes.listedNames).toEqual([]);
    expect(settings.processes.policyFor('nginx')).toBe(null);
  });

  it('has examples of processes that are right as they stand', () => {
    const uncommented = lines.map((line) => (/^; (?:\[process\.|\w+ = )/.test(line) ? line.slice(2) : line));
    const { settings, notices } = read(uncommented.join('\n'));
    expect(notices).toEqual([]);
    expect(settings.processes.listedNames).toEqual(['nginx', 'billing worker', 'oracle-listener']);
  });

  it('speaks plain ASCII, which every terminal and editor shows', () => {
    expect(example).toMatch(/^[\n -~]*$/);
  });

  it.each(allKeys.filter(({ spec }) => spec.reading !== 'secret'))(
    'mentions [$section] $key, with its default where it has one and else with a right example',
    ({ section, key, spec }) => {
      const values = lines.map((line) => new RegExp(`^;${key} = (.+)$`).exec(line)?.[1]).filter((value) => value);
      const isSet = section !== 'process.NAME' && lines.some((line) => line.startsWith(`${key} = `));
      expect(values.length > 0 || isSet).toBe(true);
      for (const value of values) {
        expect(spec.schema.safeParse(readValue(value ?? '', spec.reading)).success).toBe(true);
        const isShared = allKeys.filter((other) => other.key === key).length > 1;
        if (spec.fallback !== null && !isShared) expect(value).toBe(spec.fallback);
      }
    },
  );

  it('stays right when every default in it is uncommented', () => {
    const optional = new Set(allKeys.filter(({ spec }) => spec.fallback === null).map(({ key }) => key));
    const uncommented = lines.map((line) => {
      const key = /^;(\w+) = /.exec(line)?.[1];
      return (key !== undefined && !optional.has(key)) || line === ';[process.default]' ? line.slice(1) : line;
    });
    const { settings } = read(uncommented.join('\n'));
    expect({ ...settings, processes: null }).toEqual({ ...read(example).settings, processes: null });
  });
});
