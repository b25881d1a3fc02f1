/** The built program where it must not keep silent: a refused start that no console shows, a memory that cannot be read. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ProgramSite } from '../support/program-site.js';
import { waitFor } from '../system/support/wait-for.js';

it('a second monitor says why it does not start where its log goes to the file alone', async () => {
  const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web' }] });
  const text = await readFile(site.config, 'utf8');
  await writeFile(site.config, text.replace('console = on', 'console = auto'));
  site.start();
  await waitFor(() => Promise.resolve(site.has('run/control.sock')), { what: 'the first monitor to run' });
  const { exitCode, err } = await site.run();
  expect(exitCode).toBe(1);
  expect(err).toMatch(/^error: another process-monitor runs already \(pid \d+\)/);
});

it('a memory that cannot be read is not called empty, nor its breakers closed', async () => {
  const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web' }] });
  await mkdir(site.path('state'));
  await writeFile(site.path('state/state.json'), 'cut off');
  const status = await site.run('status');
  expect(status.out).toContain('Memory: cannot be read');
  expect(status.out).not.toContain('Memory: empty');
  const list = await site.run('breaker', 'list');
  expect(list.exitCode).toBe(1);
  expect(list.out).toContain('Memory: cannot be read');
  expect(list.out).not.toContain('closed');
});
