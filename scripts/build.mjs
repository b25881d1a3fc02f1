/** Builds the program as one file, `dist/process-monitor.js`, that runs without node_modules. */
import { readFile, chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const outfile = 'dist/process-monitor.js';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/cli/main.ts'],
  outfile,
  bundle: true,
  minify: true,
  keepNames: true,
  legalComments: 'none',
  platform: 'node',
  target: 'node20.17',
  format: 'esm',
  external: ['libsql'],
  define: { PROCESS_MONITOR_VERSION: JSON.stringify(version) },
  // Packages in CommonJS call require() for Node's own modules; an ESM bundle has none unless it is made here.
  banner: {
    js: "#!/usr/bin/env node\nimport{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
await chmod(outfile, 0o755);
