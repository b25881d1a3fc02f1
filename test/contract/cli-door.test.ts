/** The built program at the door: what is asked of a monitor or done without one is recorded, or it is not done. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlServer } from '../../src/adapters/control/control-server.js';
import { CryptoRandom } from '../../src/adapters/random/crypto-random.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { ControlReply } from '../../src/ports/control-handler.js';
import { ProgramSite, says } from '../support/program-site.js';
import { PEOPLE } from '../support/test-door.js';

const PROCESSES = [{ id: 1, name: 'web' }];
const SECTIONS = `[process.web]
restart_strategy = custom
restart_command = echo web >> {dir}/acted
settle_time = 0
max_attempts = 1
`;

async function audit(site: ProgramSite): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const lines = (await readFile(site.path('log/audit.log'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

/** A monitor that gives one answer to everything but a ping. */
async function monitorThatSays(site: ProgramSite, reply: ControlReply): Promise<string[]> {
  const asked: string[] = [];
  const server = new ControlServer({
    path: site.path('run/control.sock'),
    handler: {
      handle: ({ command }) => {
        asked.push(command);
        return Promise.resolve(command === 'ping' ? { ok: true, code: 'done', text: '1' } : reply);
      },
      refuse: (_request, _asker, why) => Promise.resolve({ ok: false, code: 'not_allowed', text: why }),
    },
    clock: new SystemClock(),
    random: new CryptoRandom(),
    people: PEOPLE,
  });
  onTestFinished(() => server.close());
  await server.start();
  return asked;
}

const who = { uid: process.geteuid?.(), user: expect.any(String) as string };

describe('a restart', () => {
  it('through the monitor is recorded with who asked and why, before and after', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    await says(site.start(), 'Starting Process Monitor Service');
    expect(await site.run('restart', 'web', '--reason', 'it hangs')).toMatchObject({ exitCode: 0 });
    const act = { ...who, from: 'socket', what: 'restart', target: 'web', why: 'it hangs' };
    expect(await audit(site)).toMatchObject([
      { ...act, phase: 'intent', result: null },
      { ...act, phase: 'result', result: 'done', detail: expect.stringContaining('restarted and well') as string },
    ]);
  });

  it('is asked of the monitor also by one who cannot read the settings', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    await says(site.start(), 'Starting Process Monitor Service');
    const text = await readFile(site.config, 'utf8');
    await writeFile(site.config, text.replace('[logging]', 'no_such_key = 1\npassword_file = /nonexistent\n[logging]'));
    expect(await site.run('restart', 'web')).toMatchObject({ exitCode: 0 });
    expect(await site.run('config', 'check')).toMatchObject({ exitCode: 78 });
  });

  it('by the command itself is recorded as such', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    expect(await site.run('breaker', 'isolate', 'web', '--reason', 'night')).toMatchObject({ exitCode: 0 });
    const act = { ...who, from: 'command', what: 'breaker_isolate', target: 'web', why: 'night' };
    expect(await audit(site)).toMatchObject([
      { ...act, phase: 'intent' },
      { ...act, result: 'done' },
    ]);
  });

  it('is not done where it cannot be recorded, with a monitor or without', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    await mkdir(site.path('log/audit.log'), { recursive: true, mode: 0o750 });
    const alone = await site.run('restart', 'web');
    expect(alone.exitCode).toBe(1);
    expect(alone.err).toContain('audit log cannot be written');
    await says(site.start(), 'Starting Process Monitor Service');
    const asked = await site.run('restart', 'web');
    expect(asked.exitCode).toBe(1);
    expect(asked.err).toContain('audit log cannot be written');
    expect(site.has('acted')).toBe(false);
  });
});

describe('an alarm that is changed by hand', () => {
  it('is recorded', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    expect(await site.run('alarm', 'raise', 'web')).toMatchObject({ exitCode: 0 });
    const act = { ...who, from: 'command', what: 'alarm_raise', target: 'web (1)' };
    expect(await audit(site)).toMatchObject([
      { ...act, phase: 'intent' },
      { ...act, phase: 'result', result: 'done', detail: '1 changed' },
    ]);
  });

  it('stays as it is where it cannot be recorded', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    await mkdir(site.path('log/audit.log'), { recursive: true, mode: 0o750 });
    const { exitCode, err } = await site.run('alarm', 'raise', 'web');
    expect({ exitCode, err }).toMatchObject({ exitCode: 1, err: expect.stringContaining('audit log') as string });
    expect(await site.rows()).toMatchObject([{ alarma: 0 }]);
  });
});

describe('reload', () => {
  it('ends with 1 where no monitor runs', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES });
    expect(await site.run('reload')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('does not run') as string,
    });
  });

  it('prints what has changed, and ends with 0', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES });
    const asked = await monitorThatSays(site, {
      ok: true,
      code: 'done',
      text: 'check_interval: 30 → 5\nlevel: info → debug',
    });
    const { exitCode, out } = await site.run('reload');
    expect(exitCode).toBe(0);
    expect(out).toBe('check_interval: 30 → 5\nlevel: info → debug\nSettings reloaded.\n');
    expect(asked).toEqual(['reload']);
  });

  it('prints every mistake that the monitor finds, in a file that this command cannot use either, and ends with 78', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: 'nonsense' });
    await monitorThatSays(site, { ok: false, code: 'bad_settings', text: 'config.ini:3: a\nconfig.ini:4: b' });
    const { exitCode, err } = await site.run('reload', '--lang', 'ro');
    expect(exitCode).toBe(78);
    expect(err).toBe(
      'config.ini:3: a\nconfig.ini:4: b\neroare: configurația nu a fost reîncărcată, cea veche rămâne în vigoare\n',
    );
  });
});
