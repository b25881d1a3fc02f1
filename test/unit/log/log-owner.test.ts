/** Whose the log files are when root writes them in the place of the monitor's own user. */
import { chown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeLogs } from '../../../src/adapters/log/log-trust.js';
import { RotatingFile } from '../../../src/adapters/log/rotating-file.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const isRoot = process.geteuid?.() === 0;
const SOMEBODY = 12_345;

describe.skipIf(!isRoot)('log files written by root', () => {
  const openIn = async (directory: string, failures: string[] = []): Promise<RotatingFile> => {
    const file = new RotatingFile({
      directory,
      maxSizeBytes: 1024,
      filesToKeep: 5,
      judge: judgeLogs([SOMEBODY]),
      onFailure: (detail) => failures.push(detail),
      onRecovery: () => undefined,
    });
    await file.open();
    return file;
  };

  it('belong to whom their directory belongs, also after a rotation, so that the monitor can go on in them', async () => {
    const directory = await temporaryDirectory();
    await chown(directory, SOMEBODY, SOMEBODY);
    const file = await openIn(directory);
    for (let n = 0; n < 20; n++) file.write(`${'a line '.repeat(20)}\n`);
    await file.close();
    const names = await readdir(directory);
    expect(names.length).toBeGreaterThan(3);
    for (const name of names)
      expect(await stat(join(directory, name)), name).toMatchObject({ uid: SOMEBODY, gid: SOMEBODY });
  });
});
