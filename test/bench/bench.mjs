/** `npm run bench`: bundles the benchmark, which is written beside the tests' machine, and runs it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');
const outfile = resolve(ROOT, 'test/system/support/.bench.mjs');

mkdirSync(resolve(ROOT, '.cache'), { recursive: true });
await build({
  entryPoints: [resolve(import.meta.dirname, 'bench.ts')],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.17',
});
process.exitCode =
  spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
