/** The built program in parts: what each command loads of it, read from the parts themselves. */
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const DIST = resolve(import.meta.dirname, '../../dist');

/** Words that only one thing brings along. */
const MARKS = {
  commander: 'commander.unknownCommand',
  zod: 'invalid_format',
  mysql2: "Can't add new command when connection is in closed state",
  'names of its errors': 'ER_HASHCHK',
  'tables of encodings': 'isoir100',
  pino: 'SonicBoom',
  'pino-roll': 'is not a valid size in KB',
  'the daemon': 'The monitor does not start',
} as const;
type Mark = keyof typeof MARKS;

const texts = new Map<string, string>();

beforeAll(async () => {
  const names = ['process-monitor.js', ...(await readdir(join(DIST, 'chunks'))).map((name) => join('chunks', name))];
  for (const name of names) texts.set(name, await readFile(join(DIST, name), 'utf8'));
});

/** Parts that `name` names by such a pattern, as paths below dist. */
function named(name: string, pattern: RegExp): readonly string[] {
  const found = [...(texts.get(name) ?? '').matchAll(pattern)].map(([, path = '']) => join(dirname(name), path));
  return found.filter((path) => texts.has(path));
}

/** What is in memory once these have been loaded. */
function loadedWith(...names: readonly string[]): ReadonlySet<string> {
  const loaded = new Set<string>();
  const open = [...names];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    open.push(...named(next, /(?:from|import)"(\.[^"]+)"/g));
  }
  return loaded;
}

function part(name: string): string {
  const found = [...texts.keys()].filter((each) => new RegExp(`^chunks/${name}-[A-Z0-9]+\\.`).test(each));
  if (found.length !== 1) throw new Error(`${name}: ${found.join(', ')}`);
  return found[0] ?? '';
}

const holds = (loaded: ReadonlySet<string>, mark: Mark): boolean =>
  [...loaded].some((name) => texts.get(name)?.includes(MARKS[mark]) === true);

describe('the program', () => {
  it.each([
    ['--version', ['parse'], ['commander'], ['zod', 'mysql2', 'pino', 'the daemon']],
    ['config check', ['parse', 'execute', 'commands'], ['commander', 'zod'], ['mysql2', 'pino', 'the daemon']],
    ['status', ['execute', 'status', 'connect-mysql'], ['zod', 'mysql2'], ['commander', 'pino', 'the daemon']],
    ['run', ['execute', 'run', 'connect-mysql'], ['zod', 'mysql2', 'pino', 'pino-roll', 'the daemon'], ['commander']],
  ] as const)('loads for %s what that needs', (_, parts, needed, spared) => {
    const loaded = loadedWith('process-monitor.js', ...parts.map(part));
    const found = [...needed, ...spared].filter((mark) => holds(loaded, mark));
    expect(found).toEqual(needed);
    for (const mark of ['tables of encodings', 'names of its errors'] as const) expect(holds(loaded, mark)).toBe(false);
  });

  it('has every part that it names, and none besides', () => {
    const reached = new Set(['process-monitor.js']);
    for (const name of reached) for (const next of named(name, /"(\.{1,2}\/[^"]+\.c?js)"/g)) reached.add(next);
    expect([...texts.keys()].sort()).toEqual([...reached].sort());
  });

  it('keeps what several commands share in one file, where it is small and needs nothing else', () => {
    const isBase = (name: string): boolean => name === part('base');
    const alone = [...texts.keys()].filter((name) => name.startsWith('chunks/chunk-') && loadedWith(name).size === 1);
    expect(alone.filter((name) => (texts.get(name)?.length ?? 0) < 8 * 1024)).toEqual([]);
    expect([...loadedWith(part('base'))]).toEqual([part('base')]);
    expect([...loadedWith('process-monitor.js', part('status'))].filter(isBase)).toHaveLength(1);
  });

  it('loads no further part while the daemon runs: an upgrade may have taken it away', () => {
    const first = loadedWith('process-monitor.js', ...['execute', 'run', 'connect-mysql', 'connect-sqlite'].map(part));
    const later = [...first]
      .flatMap((name) => named(name, /import\("(\.[^"]+)"\)/g))
      .filter((name) => !first.has(name));
    // What only a command is for, which a daemon never becomes.
    expect(later.sort()).toEqual([part('commands'), part('parse'), part('status')].sort());
  });

  it('decodes what no server should send, with the tables that are kept apart', () => {
    const tables = createRequire(import.meta.url)(join(DIST, part('encodings'))) as {
      readonly getDecoder: (encoding: string) => { write(bytes: Buffer): string };
    };
    expect(tables.getDecoder('windows-1250').write(Buffer.from([0xba, 0xfe]))).toBe('şţ');
  });

  it('starts from its entry', () => {
    const out = execFileSync(process.execPath, [join(DIST, 'process-monitor.js'), '--version'], { encoding: 'utf8' });
    expect(out).toMatch(/^process-monitor \d/);
  });
});
