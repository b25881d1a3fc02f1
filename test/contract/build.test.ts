/** The build: the same bytes wherever it is made, where they come from, and what they are made of. */
import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { ended } from '../support/program-site.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const PROJECT = resolve(import.meta.dirname, '../..');
const SOURCES = ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json'];
const MADE = ['process-monitor.js', 'sbom.cdx.json', 'licences.txt'];

/** The parts beside the entry: their names, which come from what they hold. */
function parts(directory: string): Promise<readonly string[]> {
  return readdir(join(directory, 'dist/chunks'));
}

function partOf(directory: string, name: string): Promise<string> {
  return readFile(join(directory, 'dist/chunks', name), 'utf8');
}

interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
  readonly dev?: boolean;
  license?: string;
  hasInstallScript?: boolean;
}
interface Lock {
  readonly packages: Record<string, LockedPackage>;
}
interface Bill {
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly scope: string;
    readonly hashes: readonly { readonly alg: string; readonly content: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

async function lockOf(directory: string): Promise<Lock> {
  return JSON.parse(await readFile(join(directory, 'package-lock.json'), 'utf8')) as Lock;
}

/** The sources, with the packages of this checkout, in a directory of their own at `path` below a new one. */
async function checkout(path: string): Promise<string> {
  const directory = join(await temporaryDirectory(), path);
  await mkdir(directory, { recursive: true });
  for (const name of SOURCES) await cp(join(PROJECT, name), join(directory, name), { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

function build(directory: string): ReturnType<typeof ended> {
  return ended(spawn(process.execPath, [join(directory, 'scripts/build.mjs')], { cwd: '/', stdio: 'pipe' }));
}

async function built(directory: string): Promise<readonly Buffer[]> {
  const result = await build(directory);
  if (result.exitCode !== 0) throw new Error(result.err);
  const chunks = (await parts(directory)).map((name) => join('chunks', name));
  return Promise.all([...MADE, ...chunks].map((name) => readFile(join(directory, 'dist', name))));
}

function git(directory: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', directory, ...who, ...args], { encoding: 'utf8' }).trim();
}

function saidVersion(directory: string): string {
  const program = join(directory, 'dist/process-monitor.js');
  return execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' }).trim();
}

it('gives the same bytes in any directory, none of which tells the directory, and names the commit where it has one', async () => {
  const [one, other] = [await checkout('one'), await checkout('a/deeper/place')];
  const [first, second] = [await built(one), await built(other)];
  expect(await parts(one)).toEqual(await parts(other));
  expect(first.map((bytes, index) => bytes.equals(second[index] ?? Buffer.of()))).toEqual(first.map(() => true));
  for (const bytes of first) for (const place of [one, other, PROJECT]) expect(bytes.includes(place)).toBe(false);
  const { version } = JSON.parse(await readFile(join(one, 'package.json'), 'utf8')) as { version: string };
  expect(saidVersion(one)).toBe(`process-monitor ${version} (Node ${process.version})`);

  await writeFile(join(one, '.gitignore'), 'node_modules\ndist/\n');
  git(one, 'init', '--quiet');
  git(one, 'add', '.');
  git(one, 'commit', '--quiet', '-m', 'x');
  const commit = git(one, 'rev-parse', 'HEAD').slice(0, 12);
  const before = await parts(one);
  const [program] = await built(one);
  // Another commit is told in one part; what that has replaced is gone.
  expect((await parts(one)).length).toBe(before.length);
  expect(await parts(one)).not.toEqual(before);
  expect(saidVersion(one)).toBe(`process-monitor ${version} (commit ${commit}, Node ${process.version})`);
  expect(program?.equals((await built(one))[0] ?? Buffer.of())).toBe(true);
  await writeFile(join(one, 'src/new.ts'), '');
  await built(one);
  expect(saidVersion(one)).toBe(`process-monitor ${version}+local (Node ${process.version})`);
});

it('never gives a part that has changed the name that it had: a daemon that runs takes no part of the next', async () => {
  const directory = await checkout('changed');
  const held = async (): Promise<ReadonlyMap<string, string>> => {
    await built(directory);
    const texts = (await parts(directory)).map(async (name) => [name, await partOf(directory, name)] as const);
    return new Map(await Promise.all(texts));
  };
  const before = await held();
  const shared = join(directory, 'src/domain/outcome.ts');
  const source = await readFile(shared, 'utf8');
  await writeFile(shared, source.replace("shutdown: 'the monitor stops'", "shutdown: 'it stops'"));
  const after = await held();
  const kept = [...after].filter(([name]) => before.has(name));
  expect(kept.filter(([name, text]) => before.get(name) !== text).map(([name]) => name)).toEqual([]);
  expect(after.size - kept.length).toBeGreaterThan(0);
});

it('makes a bill of every package of the program with its hash, and passes on the licences of what the bundle holds', async () => {
  const [, bill = '', texts = ''] = (await built(await checkout('x'))).map(String);
  const { components, dependencies } = JSON.parse(bill) as Bill;
  const { packages } = await lockOf(PROJECT);
  const expected = Object.entries(packages).filter(([place, { dev }]) => place !== '' && dev !== true);
  const hash = ({ integrity }: LockedPackage): string => Buffer.from(integrity.slice(7), 'base64').toString('hex');
  expect(components.map(({ name, version, hashes }) => [name, version, hashes]).sort()).toEqual(
    expected
      .map(([place, entry]) => [
        place.replace(/^.*node_modules\//, ''),
        entry.version,
        [{ alg: 'SHA-512', content: hash(entry) }],
      ])
      .sort(),
  );
  const scopes = Object.fromEntries(components.map(({ name, scope }) => [name, scope]));
  expect(scopes).toMatchObject({ mysql2: 'required', zod: 'required', libsql: 'optional', '@types/node': 'excluded' });
  const own = dependencies.find(({ ref }) => ref.startsWith('process-monitor@'));
  expect(own?.dependsOn).toContain(`pkg:npm/mysql2@${packages['node_modules/mysql2']?.version}`);
  for (const { name, version, scope } of components)
    expect(texts.includes(`\n${name} ${version} (`)).toBe(scope === 'required');
  expect(bill).not.toMatch(/timestamp|serialNumber/);
});

it.each([
  ['an unknown licence', { license: 'GPL-3.0-only' }, 'node_modules/ini: licence GPL-3.0-only is not on the list'],
  ['a script at installation', { hasInstallScript: true }, 'node_modules/ini: runs a script when it is installed'],
])('refuses to build of a package with %s', async (_, change, words) => {
  const directory = await checkout('x');
  const lock = await lockOf(directory);
  Object.assign(lock.packages['node_modules/ini'] ?? {}, change);
  await writeFile(join(directory, 'package-lock.json'), JSON.stringify(lock));
  const { exitCode, err } = await build(directory);
  expect(exitCode).not.toBe(0);
  expect(err).toContain(words);
});
