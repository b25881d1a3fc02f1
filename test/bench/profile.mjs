/**
 * `npm run bench:profile`: what the daemon itself computes, without a database and without systemd. Bundles the engine with its real
 * log, memory file and clock, and runs each part as a program of its own, under the flags of the shipped unit.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');
const outfile = resolve(ROOT, '.cache/profile.mjs');
const PARTS = ['storm 100', 'storm 500', 'handlings 10000', 'idle 0', 'idle 10000'];

mkdirSync(resolve(ROOT, '.cache'), { recursive: true });
await build({
  entryPoints: [resolve(import.meta.dirname, 'profile.ts')],
  absWorkingDir: ROOT,
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.17',
  preserveSymlinks: true,
  // Packages in CommonJS call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});

const wanted = process.argv.slice(2).join(' ');
for (const part of wanted === '' ? PARTS : [wanted]) {
  const args = [...shippedFlags(), '--expose-gc', outfile, ...part.split(' ')];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exitCode = 1;
}

/** As they stand in the unit. */
function shippedFlags() {
  const unit = readFileSync(resolve(ROOT, 'systemd/process-monitor.service'), 'utf8');
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
  return command.split(' ').filter((word) => word.startsWith('--'));
}
