/** Every threat in docs/SECURITY.md is held by tests that are there under the names given. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT, read } from './documents.js';

const [, threats = ''] = read('docs/SECURITY.md').split(/^## Threats$/m);

interface Held {
  readonly file: string;
  readonly title: string;
}

const sections = threats
  .split(/^### /m)
  .slice(1)
  .map((section) => {
    const [threat = ''] = section.split('\n', 1);
    const items = section.split('\n').filter((line) => line.startsWith('- '));
    const held = items.map((line): Held | string => {
      const [, file, title] = /^- `(test\/[\w./-]+\.ts)`: (\S.*\S)$/.exec(line) ?? [];
      return file === undefined || title === undefined ? line : { file, title };
    });
    return { threat, held };
  });

/** Of everybody who could want something of it. */
const THREATS = [
  /row/,
  /tables/,
  /local user/,
  /member of the group/,
  /operator/,
  /network/,
  /database login/,
  /secret/,
  /endpoint/,
  /output/,
  /files and links/,
  /taken over/,
  /second monitor/,
  /built of/,
  /Denial of service/,
];

describe.each(sections)('$threat', ({ held }) => {
  it('is held by at least one test', () => {
    expect(held.length).toBeGreaterThan(0);
  });

  it.each(held)('%j', (each) => {
    if (typeof each === 'string') throw new Error(`not a test file and a title: ${each}`);
    expect(existsSync(join(PROJECT, each.file))).toBe(true);
    const quoted = ["'", '"', '`'].map((quote) => `${quote}${each.title}${quote}`);
    const text = read(each.file);
    expect(quoted.some((title) => text.includes(title))).toBe(true);
  });
});

describe('the threats', () => {
  it.each(THREATS)('%s is among them', (words) => {
    expect(sections.filter(({ threat }) => words.test(threat))).toHaveLength(1);
  });
});
