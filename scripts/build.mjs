/**
 * Builds the program, `dist/process-monitor.js` and the parts in `dist/chunks` that its commands load as they need them,
 * to run without node_modules, and beside it what it is made of: `sbom.cdx.json` and `licences.txt`. The same commit
 * gives the same bytes, wherever it is built.
 */
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import {
  billOfMaterials,
  bundledPackages,
  licenceTexts,
  obstaclesTo,
  productionPackages,
} from './bill-of-materials.mjs';
import { encodingsAside, leftOut, processItself } from './bundle-plugins.mjs';
import { mergeSmall } from './merge-chunks.mjs';
import { provenanceOf } from './provenance.mjs';

const root = new URL('../', import.meta.url);
process.chdir(fileURLToPath(root));
const [manifest, lock] = await Promise.all(
  ['package.json', 'package-lock.json'].map(async (name) => JSON.parse(await readFile(name, 'utf8'))),
);
const packages = productionPackages(lock);
const obstacles = obstaclesTo(packages);
if (obstacles.length > 0) throw new Error(`must not be shipped: ${obstacles.join('; ')}`);

const entry = 'dist/process-monitor.js';
// Beside its place first: what runs from the file meanwhile never sees half of it.
const unfinished = (file) => `${file}.${process.pid}.tmp`;

const common = {
  absWorkingDir: process.cwd(),
  // Packages count by their place below node_modules, also where that is a link to a shared one.
  preserveSymlinks: true,
  outdir: 'dist',
  entryNames: '[name]',
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  write: false,
  bundle: true,
  // Names stay: what a crash tells has them, and telling them to each function apart costs time and memory.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  platform: 'node',
  target: 'node20.17',
};

const encodings = await build({
  ...common,
  entryPoints: { encodings: 'node_modules/iconv-lite/lib/index.js' },
  entryNames: 'chunks/[name]-[hash]',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
});
const [encodingsFile] = Object.keys(encodings.metafile.outputs);

const modules = {
  ...common,
  format: 'esm',
  // Packages in CommonJS call require() for Node's own modules; an ESM bundle has none unless it is made here.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
};
const program = await build({
  ...modules,
  entryPoints: { 'process-monitor': 'src/cli/main.ts' },
  splitting: true,
  external: ['libsql'],
  plugins: [leftOut, processItself, encodingsAside(basename(encodingsFile))],
  define: {
    PROCESS_MONITOR_VERSION: JSON.stringify(manifest.version),
    PROCESS_MONITOR_PROVENANCE: JSON.stringify(provenanceOf(fileURLToPath(root))),
  },
});

const inputs = [encodings, program].flatMap(({ metafile }) => Object.keys(metafile.inputs));
const bundled = bundledPackages(packages, inputs);
await mkdir('dist/chunks', { recursive: true });
await put('dist/sbom.cdx.json', billOfMaterials(manifest, packages, bundled));
await put('dist/licences.txt', await licenceTexts(root, bundled));
const filesOf = ({ outputFiles }) =>
  new Map(outputFiles.map(({ path, text }) => [path.slice(fileURLToPath(root).length), text]));
const merged = await mergeSmall({ files: filesOf(program), outputs: program.metafile.outputs, options: modules });
const chunks = new Map([...filesOf(encodings), ...merged]);
const main = chunks.get(entry);
chunks.delete(entry);
for (const [file, text] of chunks) await put(file, text);
await put(entry, `#!/usr/bin/env node\n${main}`, 0o755);
const made = new Set([...chunks.keys()].map((file) => basename(file)));
for (const name of await readdir('dist/chunks')) if (!made.has(name)) await rm(`dist/chunks/${name}`);

async function put(file, text, mode = 0o644) {
  await writeFile(unfinished(file), text);
  await chmod(unfinished(file), mode);
  await rename(unfinished(file), file);
}
