/** The built program while its settings change, and while another one of it runs on the same host. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ended, ProgramSite, says } from '../support/program-site.js';
import { waitFor } from '../system/support/wait-for.js';

const SECTION = `[process.web]
restart_strategy = custom
restart_command = echo web >> {dir}/acted
settle_time = 0
stable_time = 60
`;
const PROCESSES = [{ id: 1, name: 'web' }];

async function edit(site: ProgramSite, from: string, to: string): Promise<void> {
  const text = await readFile(site.config, 'utf8');
  expect(text).toContain(from);
  await writeFile(site.config, text.replace(from, to));
}

async function lineOf(site: ProgramSite, words: string, log = 'log'): Promise<Readonly<Record<string, unknown>>> {
  const find = async (): Promise<string | undefined> =>
    (site.has(`${log}/current.log`) ? await site.read(`${log}/current.log`) : '')
      .split('\n')
      .find((line) => line.includes(words));
  await waitFor(async () => (await find()) !== undefined, { what: `a line with ${words}`, timeoutMs: 20_000 });
  return JSON.parse((await find()) ?? '') as Readonly<Record<string, unknown>>;
}

describe('SIGHUP', () => {
  it('puts new settings in force: a process is known from now on, and the log goes on elsewhere', async () => {
    const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web', alarma: 1 }], sections: '' });
    const daemon = site.start();
    const end = ended(daemon);
    await lineOf(site, 'unlisted');
    await edit(site, `directory = ${site.directory}/log`, `directory = ${site.directory}/elsewhere`);
    await writeFile(
      site.config,
      `${await readFile(site.config, 'utf8')}\n${SECTION.replaceAll('{dir}', site.directory)}`,
    );
    daemon.kill('SIGHUP');
    const line = await lineOf(site, 'settings.reloaded', 'elsewhere');
    expect(line).toMatchObject({ level: 'info', message: 'Settings reloaded', pending: [] });
    expect(line['changes']).toEqual([
      `logging.directory = ${site.directory}/elsewhere (was ${site.directory}/log)`,
      '[process.web] is new',
    ]);
    await lineOf(site, 'Successfully handled alarm for web', 'elsewhere');
    expect(await site.read('acted')).toBe('web\n');
    daemon.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 0 });
    expect(await site.read('log/current.log')).not.toContain('Successfully handled');
  });

  it('with a mistake leaves everything as it was, and tells each mistake with its line', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTION });
    const daemon = site.start();
    const end = ended(daemon);
    await lineOf(site, 'cycle.completed', 'log').catch(() => undefined);
    await lineOf(site, 'Starting Process Monitor Service');
    await edit(site, 'check_interval = 1', 'check_interval = often\nchek_interval = 3');
    await edit(site, 'restart_command = echo web', 'restart_command = echo changed');
    daemon.kill('SIGHUP');
    await lineOf(site, 'chek_interval');
    const refused = (await site.read('log/current.log'))
      .split('\n')
      .filter((each) => each.includes('settings.refused'));
    expect(refused.map((each) => (JSON.parse(each) as { detail: string }).detail)).toEqual([
      expect.stringContaining(`${site.config}:5: [monitor] check_interval`),
      expect.stringContaining(`${site.config}:6: [monitor] chek_interval`),
    ]);
    await site.withDatabase((database) => database.exec('UPDATE STATUS_PROCESS SET alarma = 1'));
    await lineOf(site, 'Successfully handled alarm for web');
    expect(await site.read('acted')).toBe('web\n');
    daemon.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 0 });
  });

  it('with a log directory that is not to be trusted leaves everything as it was: the log goes on where it was', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTION });
    const daemon = site.start();
    const end = ended(daemon);
    await lineOf(site, 'Starting Process Monitor Service');
    const open = `${site.directory}/open`;
    await mkdir(open);
    await chmod(open, 0o777);
    await edit(site, `directory = ${site.directory}/log`, `directory = ${open}`);
    await edit(site, 'restart_command = echo web', 'restart_command = echo changed');
    daemon.kill('SIGHUP');
    const line = await lineOf(site, 'settings.refused');
    expect(line['detail']).toContain(`${open} can be written by others (mode 0777): chmod go-w`);
    await site.withDatabase((database) => database.exec('UPDATE STATUS_PROCESS SET alarma = 1'));
    await lineOf(site, 'Successfully handled alarm for web');
    expect(await site.read('acted')).toBe('web\n');
    daemon.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 0 });
  });

  it('with another group of operators says so where it has no effect', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTION });
    const daemon = site.start();
    const end = ended(daemon);
    await lineOf(site, 'Starting Process Monitor Service');
    await edit(site, 'check_interval = 1', 'check_interval = 1\noperators_group = pm-nobody-has-this');
    daemon.kill('SIGHUP');
    await lineOf(site, 'operators_group = pm-nobody-has-this has no effect');
    daemon.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 0 });
  });

  it('says what takes a restart, and goes on with the old value', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTION });
    const daemon = site.start();
    const end = ended(daemon);
    await lineOf(site, 'Starting Process Monitor Service');
    await edit(site, `state_dir = ${site.directory}/state`, `state_dir = ${site.directory}/other`);
    daemon.kill('SIGHUP');
    expect(await lineOf(site, 'settings.reloaded')).toMatchObject({
      changes: [],
      pending: [`monitor.state_dir = ${site.directory}/other (was ${site.directory}/state)`],
    });
    daemon.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 0 });
    expect(site.has('other')).toBe(false);
  });
});

describe('a second monitor on one host', () => {
  it('says who runs and waits, touches nothing meanwhile, and takes over when the first is killed', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTION });
    const first = site.start();
    await says(first, 'Starting Process Monitor Service');
    const second = site.start();
    const end = ended(second);
    await says(second, `pid ${String(first.pid)} holds ${site.directory}/run/control.sock`);
    // What is set meanwhile counts for the one that takes over.
    await edit(site, 'echo web', 'echo changed');
    const taken = says(second, 'Starting Process Monitor Service');
    first.kill('SIGKILL');
    await taken;
    await site.withDatabase((database) => database.exec('UPDATE STATUS_PROCESS SET alarma = 1'));
    await waitFor(async () => site.has('acted'), { what: 'the restart', timeoutMs: 20_000 });
    second.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 0 });
    expect(await site.read('acted')).toBe('changed\n');
  });

  it('ends while it waits when it is asked to', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTION });
    const first = site.start();
    await says(first, 'Starting Process Monitor Service');
    const second = site.start();
    const end = ended(second);
    await says(second, 'stands by');
    second.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 0 });
    expect(first.exitCode).toBe(null);
  });
});
