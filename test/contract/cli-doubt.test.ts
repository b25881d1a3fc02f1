/** The built program where it must not keep silent: a refused start that no console shows, a memory that cannot be read, a row that must wait. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ended, ProgramSite } from '../support/program-site.js';
import { waitFor } from '../system/support/wait-for.js';

it('a second monitor that may not wait says why it does not start where its log goes to the file alone', async () => {
  const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web' }], sections: '[host]\nstandby = exit\n' });
  const text = await readFile(site.config, 'utf8');
  await writeFile(site.config, text.replace('console = on', 'console = auto'));
  site.start();
  await waitFor(() => Promise.resolve(site.has('run/control.sock')), { what: 'the first monitor to run' });
  const { exitCode, err } = await site.run();
  expect(exitCode).toBe(1);
  expect(err).toMatch(/^error: another process-monitor runs already: pid \d+ holds /);
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

it('a row for which no place is free is not said to be restarted by the next cycle', async () => {
  const sections = ['slow', 'next']
    .map((name) => `[process.${name}]\nrestart_strategy = custom\nrestart_command = echo > {dir}/begun; sleep 60\n`)
    .join('');
  const processes = [
    { id: 1, name: 'slow', alarma: 1 },
    { id: 2, name: 'next', alarma: 1 },
  ];
  const site = await ProgramSite.create({
    processes,
    sections,
    monitor: 'max_parallel_restarts = 1\nmass_alarm_percent = 0',
  });
  const daemon = site.start();
  const end = ended(daemon);
  await waitFor(() => Promise.resolve(site.has('begun')), { what: 'the only place to be taken' });
  const status = JSON.parse((await site.run('status', '--json')).out) as unknown;
  expect(status).toMatchObject({
    alarms: [{ reason: { code: 'in_progress' } }, { reason: { code: 'waits_for_slot' }, isRestarted: false }],
  });
  // The second request ends what runs, and its children.
  daemon.kill('SIGTERM');
  daemon.kill('SIGINT');
  expect(await end).toMatchObject({ exitCode: 0 });
});
