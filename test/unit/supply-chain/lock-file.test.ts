/** What the program is built of is named exactly: one version, one hash, a known licence, and nothing that runs when it is installed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT, read } from '../docs/documents.js';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}
type Versions = Readonly<Record<string, string>>;
interface Manifest {
  readonly dependencies: Versions;
  readonly optionalDependencies: Versions;
  readonly devDependencies: Versions;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const locked = Object.entries(lock.packages).filter(([place]) => place !== '');
const production = locked.filter(([, { dev }]) => dev !== true);

/** Free to pass on, in a program of any licence, with its text. */
const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];
/** Its script only checks the binary that comes as a package of its own: it works without. */
const KNOWN_SCRIPTS = ['node_modules/esbuild'];

describe('the lock file', () => {
  it('gives every package the hash of what it must be', () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(locked.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity))).toEqual([]);
  });

  it('takes every package from the public registry, and names no other place', () => {
    const isElsewhere = ({ resolved, link, version = '' }: LockedPackage): boolean =>
      link === true ||
      !/^\d+\.\d+\.\d+/.test(version) ||
      (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'));
    expect(locked.filter(([, entry]) => isElsewhere(entry))).toEqual([]);
  });

  it.each(['dependencies', 'optionalDependencies', 'devDependencies'] as const)(
    'is what %s ask for, exactly',
    (group) => {
      const installed = Object.keys(manifest[group]).map((name) => [
        name,
        lock.packages[`node_modules/${name}`]?.version,
      ]);
      expect(manifest[group]).toEqual(Object.fromEntries(installed));
      expect(lock.packages['']).toMatchObject({ [group]: manifest[group] });
    },
  );

  it('has no package of the program that runs a script when it is installed, and one known one among the tools', () => {
    expect(locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([place]) => place)).toEqual(
      KNOWN_SCRIPTS,
    );
    expect(production.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
  });

  it('has no package of the program under a licence that is not on the list, by its own word', () => {
    const said = production.map(([place, { license }]) => {
      const file = `${place}/package.json`;
      // What is for other kinds of machines is not installed here.
      const own = existsSync(join(PROJECT, file)) ? (JSON.parse(read(file)) as { license?: string }).license : license;
      return { place, license, own };
    });
    expect(said.length).toBeGreaterThan(20);
    expect(said.filter(({ license = '', own }) => !LICENCES.includes(license) || own !== license)).toEqual([]);
  });
});
