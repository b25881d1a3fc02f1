/**
 * Puts the many small parts that commands share into one: reading a file of a line costs a start as much as reading 10 kB
 * of program, and splitting makes such a file for each set of commands that share something.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { build } from 'esbuild';

/** Bytes. What is larger stays by itself, since not every command needs it. */
const SMALL = 8 * 1024;
const MERGED = 'chunks/base';

/**
 * The same program with fewer files. `files`: texts by path below the project, as built with `options`, whose metafile has
 * these `outputs`. Merged are the small ones that load nothing but one another, so that no command loads more than before
 * but them.
 */
export async function mergeSmall({ files, outputs, options }) {
  const banner = options.banner.js;
  const merged = smallLeaves(outputs);
  if (merged.size < 2) return files;
  const parts = [...merged].sort();
  const inMerged = (path, name) => `part${parts.indexOf(path)}_${name}`;
  const contents = parts.map((path) => {
    const names = outputs[path].exports.map((name) => `${name} as ${inMerged(path, name)}`);
    return `export { ${names.join(', ')} } from ${JSON.stringify(path)};`;
  });
  const { outputFiles } = await build({
    ...options,
    metafile: false,
    splitting: false,
    stdin: { contents: contents.join('\n') },
    plugins: [fromMemory((path) => files.get(path).replace(banner, ''))],
  });
  const [{ text }] = outputFiles;
  const hash = hashOf(text);
  const file = `${MERGED}-${hash}.js`;
  const rest = [...files].filter(([path]) => !merged.has(path));
  const redirected = rest.map(([path, source]) => [path, redirect({ path, source, outputs, merged, inMerged, file })]);
  return new Map([...rename(new Map(redirected), hash), [`dist/${file}`, text]]);
}

function hashOf(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase();
}

/** A name stands for a content, which depends on the merged file from now on: a program that runs never loads a part of another. */
function rename(files, hash) {
  const paths = [...files.keys()].filter((path) => path.startsWith('dist/chunks/'));
  const renamed = new Map(paths.map((path) => [path, path.replace(/[^-]+(?=\.js$)/, (own) => hashOf(own + hash))]));
  const names = [...renamed].map((pair) => pair.map((path) => basename(path)));
  const inAll = (text) => names.reduce((sofar, [before, after]) => sofar.replaceAll(before, after), text);
  return new Map([...files].map(([path, text]) => [renamed.get(path) ?? path, inAll(text)]));
}

function smallLeaves(outputs) {
  const isSmall = ([, { bytes, entryPoint }]) => bytes < SMALL && entryPoint === undefined;
  const found = new Set(
    Object.entries(outputs)
      .filter(isSmall)
      .map(([path]) => path),
  );
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const path of found) if (!outputs[path].imports.every((other) => found.has(other.path))) found.delete(path);
  }
  return found;
}

function fromMemory(textOf) {
  return {
    name: 'from-memory',
    setup(plugins) {
      const absolute = (path) => (path.startsWith('./') ? `dist/chunks/${path.slice(2)}` : path);
      plugins.onResolve({ filter: /./ }, ({ path, kind }) =>
        kind === 'entry-point' ? undefined : { path: absolute(path), namespace: 'chunks' },
      );
      plugins.onLoad({ filter: /./, namespace: 'chunks' }, ({ path }) => ({ contents: textOf(path), loader: 'js' }));
    },
  };
}

/** Imports from merged parts are from the merged one, under the names there. */
function redirect({ path, source, outputs, merged, inMerged, file }) {
  const from = path.startsWith('dist/chunks/') ? `./${basename(file)}` : `./${file}`;
  let text = source;
  for (const { path: other, kind } of outputs[path].imports) {
    if (!merged.has(other)) continue;
    if (kind !== 'import-statement') throw new Error(`${path}: ${kind} of ${other} cannot be merged`);
    const statement = new RegExp(`import(?:\\{([^}]*)\\}from)?"\\./(?:chunks/)?${basename(other)}"`);
    if (!statement.test(text)) throw new Error(`${path}: no import of ${other} found`);
    text = text.replace(statement, (_, names = '') => {
      const renamed = names.split(',').map((each) => {
        const [name, local = name] = each.split(' as ');
        return `${inMerged(other, name)} as ${local}`;
      });
      return names === '' ? `import"${from}"` : `import{${renamed.join(',')}}from"${from}"`;
    });
  }
  return text;
}
