/** A directory for one test, removed when the test has finished. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * Call it from a test or from `beforeEach`. Only the very path made here is ever removed: a path that is put together
 * again for the clean-up can, after one slip, be a parent of it.
 */
export async function temporaryDirectory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'process-monitor-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}
