/** The built program at work: the loop, restarts by hand and breakers, with a monitor that runs and without. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ended, ProgramSite, says } from '../support/program-site.js';
import { waitFor } from '../system/support/wait-for.js';

const COMMON = 'settle_time = 0\nmax_attempts = 1\nstable_time = 60\n';
const SECTIONS = `[process.web]
restart_strategy = custom
restart_command = echo web >> {dir}/acted
${COMMON}
[process.broken]
restart_strategy = custom
restart_command = echo broken >> {dir}/acted; exit 3
${COMMON}
`;
const PROCESSES = [
  { id: 1, name: 'web', notes: 'seen by Ana' },
  { id: 2, name: 'broken' },
];

function alarmed(...names: readonly string[]) {
  return PROCESSES.map((each) => ({ ...each, alarma: names.includes(each.name) ? 1 : 0 }));
}

describe('run --once', () => {
  it('handles what is in alarm, resets it and ends', async () => {
    const site = await ProgramSite.create({ processes: alarmed('web'), sections: SECTIONS });
    const { exitCode, out, err } = await site.run('run', '--once');
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: '' });
    expect(err).toContain('Successfully handled alarm for web');
    expect(await site.read('acted')).toBe('web\n');
    const note = expect.stringMatching(/^seen by Ana - Restarted at \d{4}/) as string;
    expect(await site.rows()).toMatchObject([
      { alarma: 0, notes: note },
      { alarma: 0, notes: null },
    ]);
  });

  it('ends with 3 where a process was restarted and is not well; its alarm stays', async () => {
    const site = await ProgramSite.create({ processes: alarmed('broken'), sections: SECTIONS });
    expect(await site.run('--once')).toMatchObject({ exitCode: 3 });
    expect(await site.rows()).toMatchObject([{ alarma: 0 }, { alarma: 1 }]);
  });

  it('as a dry run says what it would do and changes nothing', async () => {
    const site = await ProgramSite.create({ processes: alarmed('web', 'broken'), sections: SECTIONS });
    const before = await site.rows();
    const { exitCode, err } = await site.run('run', '--once', '--dry-run');
    expect(exitCode).toBe(0);
    expect(err).toContain(`dry run, would do: run restart_command: echo web >> ${site.directory}/acted`);
    expect(await site.rows()).toEqual(before);
    for (const name of ['acted', 'state', 'log', 'run']) expect(site.has(name)).toBe(false);
  });

  it('fails where the database does not answer', async () => {
    const site = await ProgramSite.create({ sections: SECTIONS });
    await site.withDatabase((database) => database.exec('CREATE TABLE SOMETHING_ELSE (id INTEGER)'));
    expect(await site.run('run', '--once')).toMatchObject({ exitCode: 1 });
  });
});

describe('restart without a running monitor', () => {
  it('restarts, verifies, resets the alarm and ends with 0', async () => {
    const site = await ProgramSite.create({ processes: alarmed('web'), sections: SECTIONS });
    const { exitCode, out } = await site.run('--restart', 'web', '--lang', 'ro');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Forțez restart pentru procesul: web\n[^]*Restart reușit pentru web\.\n$/);
    expect(await site.read('acted')).toBe('web\n');
    expect(await site.rows()).toMatchObject([{ alarma: 0 }, { alarma: 0 }]);
    expect(site.has('run/control.sock')).toBe(false);
  });

  it('ends with 3 where it is not well, and leaves the breaker alone', async () => {
    const site = await ProgramSite.create({ processes: alarmed('broken'), sections: SECTIONS });
    const { exitCode, out, err } = await site.run('restart', 'broken', '--lang', 'ro');
    expect(exitCode).toBe(3);
    expect(out).toContain('Eroare la restart pentru broken.');
    expect(err).toContain('exited 3');
    expect(await site.rows()).toMatchObject([{ alarma: 0 }, { alarma: 1 }]);
    const status = JSON.parse((await site.run('status', '--json')).out) as unknown;
    expect(status).toMatchObject({ remembered: [{ processId: 2, breaker: { kind: 'closed', failures: 0 } }] });
  });

  it('ends with 2 for a name that nobody knows, and touches nothing', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    expect(await site.run('restart', 'wob')).toMatchObject({ exitCode: 2 });
    expect(site.has('acted')).toBe(false);
  });

  it('refuses what the machine stands on', async () => {
    const sections = '[process.sshd]\nrestart_strategy = custom\nrestart_command = touch {dir}/acted\n';
    const site = await ProgramSite.create({ processes: [{ id: 1, name: 'sshd' }], sections });
    const { exitCode, err } = await site.run('restart', 'sshd');
    expect(exitCode).toBe(1);
    expect(err).toContain('allow_protected');
    expect(site.has('acted')).toBe(false);
  });
});

describe('breakers without a running monitor', () => {
  it('are held and freed in the memory file, and every command tells of it', async () => {
    const site = await ProgramSite.create({ processes: alarmed('web'), sections: SECTIONS });
    expect(await site.run('breaker', 'isolate', 'web')).toMatchObject({ exitCode: 0 });
    expect((await site.run('breaker', 'list')).out).toMatch(/^1 +web +held open by a person/m);
    expect((await site.run('status')).out).toContain('left alone: breaker held open by a person');
    expect((await site.run('explain', 'web')).out).toContain('process_id 1: it would be left alone: breaker held open');
    expect(await site.run('run', '--once')).toMatchObject({ exitCode: 0 });
    expect(site.has('acted')).toBe(false);
    expect(await site.run('breaker', 'reset', 'web')).toMatchObject({ exitCode: 0 });
    expect((await site.run('breaker', 'list')).out).toContain('every breaker is closed');
    expect(await site.run('run', '--once')).toMatchObject({ exitCode: 0 });
    expect(await site.read('acted')).toBe('web\n');
  });

  it('count failures across runs and open, and explain tells when the next trial is', async () => {
    const site = await ProgramSite.create({
      processes: alarmed('broken'),
      sections: SECTIONS,
      monitor: 'max_restart_failures = 2\ncircuit_reset_time = 600\n',
    });
    await site.run('run', '--once');
    expect((await site.run('explain', 'broken')).out).toContain('circuit breaker: closed, 1 failure in a row');
    await site.run('run', '--once');
    const { out } = await site.run('explain', 'broken');
    expect(out).toMatch(/circuit breaker: open, next trial in (?:10 min|9 min \d+ s)/);
    expect(out).toMatch(/process_id 2: it would be left alone: breaker open, next trial in/);
    expect(out).toContain('restarts: 2 of 10 within 1 h');
    expect(out).toMatch(/restart_command += .*config\.ini:\d+/);
    await site.run('run', '--once');
    expect(await site.read('acted')).toBe('broken\nbroken\n');
  });

  it('end with 2 for a name that nobody knows', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    expect(await site.run('breaker', 'isolate', 'wob')).toMatchObject({ exitCode: 2 });
    expect(await site.run('explain', 'wob')).toMatchObject({ exitCode: 2 });
    expect(await site.run('match', 'wob')).toMatchObject({ exitCode: 2 });
  });
});

describe('with a running monitor', () => {
  it('commands go through it, a second one that may not wait is refused, and SIGTERM ends it well', async () => {
    const sections = `[host]\nstandby = exit\n${SECTIONS}`;
    const site = await ProgramSite.create({ processes: PROCESSES, sections });
    const daemon = site.start();
    const end = ended(daemon);
    await says(daemon, 'Starting Process Monitor Service');
    expect((await site.run('status')).out).toContain(`Monitor: runs (pid ${String(daemon.pid)})`);
    expect(await site.run('restart', 'web')).toMatchObject({ exitCode: 0 });
    expect(await site.run('restart', 'broken')).toMatchObject({ exitCode: 3 });
    expect(await site.run('restart', 'wob')).toMatchObject({ exitCode: 2 });
    expect(await site.run('breaker', 'isolate', 'broken')).toMatchObject({ exitCode: 0 });
    expect((await site.run('breaker', 'list')).out).toMatch(/^2 +broken +held open by a person/m);
    const second = await site.run();
    expect(second.exitCode).toBe(1);
    expect(second.err).toContain('another process-monitor runs already');
    daemon.kill('SIGTERM');
    const { exitCode, out, err } = await end;
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: '' });
    expect(err).toContain('Request served: restart');
    expect(await site.read('acted')).toBe('web\nbroken\n');
  });

  it('no progress line reaches a pipe or the log', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    const daemon = site.start();
    const end = ended(daemon);
    await says(daemon, 'Starting Process Monitor Service');
    await site.run('status');
    daemon.kill('SIGINT');
    const { exitCode, err } = await end;
    expect(exitCode).toBe(0);
    expect(`${err}${await site.read('log/current.log')}`).not.toContain('Next database check');
  });
});

describe('match', () => {
  it('shows the program that is meant, the look-alike that is not and why, and what an attempt would do', async () => {
    const sections =
      '[process.pm-match-look-alike]\nrestart_strategy = process\nstart_command = {dir}/pm-match-look-alike 60\n';
    const site = await ProgramSite.create({ sections });
    // The names share the 15 characters that the kernel keeps.
    const meant = await startCopyOfSleep(site.path('pm-match-look-alike'));
    const alike = await startCopyOfSleep(site.path('pm-match-look-alike-too'));
    const { exitCode, out } = await site.run('match', 'pm-match-look-alike');
    expect(exitCode).toBe(0);
    expect(out).toMatch(new RegExp(`^${meant} +\\d+ .*yes +${site.path('pm-match-look-alike')} 60$`, 'm'));
    expect(out).toMatch(new RegExp(`^${alike} +\\d+ .*no: its name is another +`, 'm'));
    expect(out).toContain(`An attempt now would do: stop pid ${meant}, then start`);
    expect(out).not.toContain(' match pm-match-look-alike');
  });
});

/** Returns its pid. */
async function startCopyOfSleep(path: string): Promise<number> {
  await copyFile('/bin/sleep', path);
  const child = spawn(path, ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child.pid ?? 0;
}

describe('two commands at a time without a monitor', () => {
  it('the second waits for nobody: it is told that the first is at work, and that no monitor runs', async () => {
    const sections = '[process.slow]\nrestart_strategy = custom\nrestart_command = echo > {dir}/begun; sleep 60\n';
    const site = await ProgramSite.create({ processes: [{ id: 1, name: 'slow' }], sections });
    const first = site.start('restart', 'slow');
    const end = ended(first);
    await waitFor(() => Promise.resolve(site.has('begun')), { what: 'the first restart to begin' });
    const second = await site.run('breaker', 'isolate', 'slow');
    expect(second).toMatchObject({ exitCode: 1, out: '' });
    expect(second.err).toContain('another command is at work');
    expect((await site.run('status')).out).toContain('Monitor: does not run');
    first.kill('SIGINT');
    first.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 1 });
    expect(site.has('run/control.sock')).toBe(false);
  });
});
