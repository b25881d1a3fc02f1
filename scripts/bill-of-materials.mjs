/** What the program is made of: the bill of materials (CycloneDX 1.5) and the licence texts, from the lock file alone. */
import { readdir, readFile } from 'node:fs/promises';

/** What a package that goes into the program, or beside it, may be licensed under: free to pass on with its text. */
const ALLOWED_LICENCES = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);

const LICENCE_FILE = /^licen[cs]e(?:\.(?:md|txt))?$/i;

/** `lock`: the parsed lock file. Every package that is not for development alone, by its place in node_modules. */
export function productionPackages(lock) {
  return Object.entries(lock.packages)
    .filter(([place, entry]) => place !== '' && entry.dev !== true && entry.devOptional !== true)
    .map(([place, entry]) => ({ ...entry, place, name: nameOf(place), bomRef: referenceOf(place, entry) }))
    .sort((one, other) => compare(one.place, other.place));
}

/** Sentences about packages that must not be shipped; empty: all is well. */
export function obstaclesTo(packages) {
  return packages.flatMap(({ place, license, integrity, hasInstallScript }) => [
    ...(ALLOWED_LICENCES.has(license) ? [] : [`${place}: licence ${license ?? 'unknown'} is not on the list`]),
    ...(/^sha512-/.test(integrity ?? '') ? [] : [`${place}: no SHA-512 in the lock file`]),
    ...(hasInstallScript === true ? [`${place}: runs a script when it is installed`] : []),
  ]);
}

/** Which of them a bundle was made of; `inputs`: its files, as esbuild names them. */
export function bundledPackages(packages, inputs) {
  const places = new Set(
    inputs.map((input) => /^(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)/.exec(input)?.[1]),
  );
  return packages.filter(({ place }) => places.has(place));
}

/**
 * Without time, serial number or name of a tool: the same sources give the same text. `required` is what the bundle
 * holds, `optional` what is installed beside it, `excluded` what only other packages name.
 */
export function billOfMaterials(manifest, packages, bundled) {
  const { name, version, license } = manifest;
  const component = {
    type: 'application',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    licenses: licences(license),
  };
  const isBundled = new Set(bundled.map(({ bomRef }) => bomRef));
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component },
    components: packages.map((each) => ({
      type: 'library',
      'bom-ref': each.bomRef,
      name: each.name,
      version: each.version,
      scope: isBundled.has(each.bomRef) ? 'required' : each.optional === true ? 'optional' : 'excluded',
      hashes: [
        { alg: 'SHA-512', content: Buffer.from(each.integrity.slice('sha512-'.length), 'base64').toString('hex') },
      ],
      licenses: licences(each.license),
      purl: each.bomRef,
    })),
    dependencies: [
      { ref: component['bom-ref'], dependsOn: dependenciesOf({ ...manifest, place: '' }, packages) },
      ...packages.map((each) => ({ ref: each.bomRef, dependsOn: dependenciesOf(each, packages) })),
    ],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** The licence of each package in the bundle, word for word. Rejects where a package brings none. */
export async function licenceTexts(root, bundled) {
  const texts = await Promise.all(
    bundled.map(async ({ place, name, version, license }) => {
      const directory = new URL(`${place}/`, root);
      const file = (await readdir(directory)).sort(compare).find((each) => LICENCE_FILE.test(each));
      if (file === undefined) throw new Error(`${place}: brings no text of its licence`);
      const text = (await readFile(new URL(file, directory), 'utf8')).replaceAll('\r\n', '\n').trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    }),
  );
  const line = `\n${'-'.repeat(80)}\n\n`;
  return `This program contains the packages below, each under its own licence.\n${line}${texts.join(line)}`;
}

function licences(id) {
  return [{ license: { id } }];
}

function nameOf(place) {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function referenceOf(place, { version }) {
  return `pkg:npm/${nameOf(place).replace('@', '%40')}@${version}`;
}

/** As Node finds them: the nearest node_modules upwards. */
function dependenciesOf({ place, dependencies = {}, optionalDependencies = {} }, packages) {
  const byPlace = new Map(packages.map((each) => [each.place, each.bomRef]));
  const found = Object.keys({ ...dependencies, ...optionalDependencies }).map((name) => {
    for (let from = place; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
      const reference = byPlace.get(from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`);
      if (reference !== undefined || from === '') return reference;
    }
  });
  return found.filter((reference) => reference !== undefined).sort(compare);
}

/** The same order everywhere, whatever the language of the host. */
function compare(one, other) {
  return one < other ? -1 : Number(one > other);
}
