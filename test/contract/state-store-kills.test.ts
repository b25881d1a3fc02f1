/** A program killed in the middle of its saves leaves the older state or the newer one, whole, and nothing beside it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { FileStateStore } from '../../src/adapters/state/file-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** The whole form: `npm run crash:store`. */
const KILLS = Number(env['CRASH_KILLS'] ?? 25);

/** Runs it until it is killed some time after its first save; returns the last number that it has told. */
async function saveUntilKilled(driver: string, directory: string, first: number, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [driver, directory, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
  await once(child.stdout, 'data');
  await sleep(afterMs);
  child.kill('SIGKILL');
  await ended;
  return Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1));
}

it('keeps what it has told, whole, and no temporary file for longer than until the next start', async () => {
  const directory = await temporaryDirectory();
  const driver = join(directory, 'driver.mjs');
  const entryPoints = [join(import.meta.dirname, '../fixtures/saving-driver.ts')];
  await build({ entryPoints, outfile: driver, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  const home = join(directory, 'state');
  let next = 0;
  let killsAmidChanges = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const told = await saveUntilKilled(driver, home, next, Math.random() * 12);
    expect((await readdir(home)).length).toBeLessThanOrEqual(3);
    const loaded = await new FileStateStore({ directory: home, clock: new FakeClock(), access: 'owner' }).load();
    const breaker = loaded.kind === 'loaded' ? loaded.state.processes['42']?.breaker : null;
    const failures = breaker?.kind === 'closed' ? breaker.failures : NaN;
    // The one after it may have been renamed already, and not been told.
    expect([told, told + 1]).toContain(failures);
    const left = await readdir(home);
    expect(left.filter((name) => name !== 'state.changes')).toEqual(['state.json']);
    next = failures + 1;
    if (left.includes('state.changes')) killsAmidChanges += 1;
  }
  expect(killsAmidChanges).toBeGreaterThan(0);
}, 1_800_000);
