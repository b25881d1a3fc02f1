/** Both starters keep the starter's promises; in sessions of their own, without systemd. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LinuxProcessTable } from '../../src/adapters/exec/linux-process-table.js';
import { createProcessStarter } from '../../src/adapters/exec/process-starter.js';
import { SpawnRunner } from '../../src/adapters/exec/spawn-runner.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import { fixture } from '../fixtures/fixture.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeProcessStarter } from '../support/fake-process-starter.js';
import { FakeProcessTable } from '../support/fake-process-table.js';
import { FakeRandom } from '../support/fake-random.js';
import { identityOf, processStarterContract, startRequest } from './process-starter-contract.js';
import { PATIENCE } from '../support/patience.js';

const clock = new SystemClock();
const table = new LinuxProcessTable();
const ownUid = process.getuid?.() ?? 0;
const starter = createProcessStarter({
  runner: new SpawnRunner(clock),
  table,
  clock,
  random: new FakeRandom(),
  ownUid,
  hasSystemd: false,
  isService: false,
});
const options = { timeoutMs: 30_000, signal: new AbortController().signal };

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'starter-'));
  await chmod(directory, 0o777);
});
afterEach(async () => {
  // Everything that was started tells by its arguments.
  for (const { identity, argv } of await table.list())
    if (argv.some((argument) => argument.includes(directory)) || argv.includes(MARK)) await kill(identity.pid);
  await rm(directory, { recursive: true });
});

/** Seconds to sleep that nobody else on this host uses. */
const MARK = String(1_000_000 + process.pid);

processStarterContract('ProcessStarter', () => ({
  starter,
  table,
  stays: () => `sleep ${MARK}`,
  ends: (exitCode) => `${fixture('exits-with.sh')} ${exitCode}`,
  goesIntoBackground: () => `${fixture('goes-into-background.sh')} ${join(directory, 'pid')} ${MARK}`,
  missing: () => 'no-such-program --at all',
  notExecutable: () => '/etc/passwd',
}));

processStarterContract('FakeProcessStarter', () => {
  const fakeClock = new FakeClock();
  const fakeTable = new FakeProcessTable(fakeClock);
  const fake = new FakeProcessStarter(fakeClock, fakeTable);
  const scripted = (...script: Parameters<FakeProcessStarter['on']>): string => {
    fake.on(...script);
    return 'app --serve';
  };
  return {
    starter: fake,
    table: fakeTable,
    stays: () => 'app --serve',
    ends: (code) => scripted('app', { refusal: { reason: 'ended', detail: `app ended with exit code ${code}` } }),
    goesIntoBackground: () => scripted('app', { isBackgrounded: true }),
    missing: () => scripted('app', { refusal: { reason: 'missing', detail: 'missing executable: app' } }),
    notExecutable: () => scripted('app', { refusal: { reason: 'not_permitted', detail: 'not executable: app' } }),
  };
});

describe('ProcessStarter with real programs', () => {
  const report = async (file: string): Promise<string> => vi.waitFor(() => readFile(file, 'utf8'), PATIENCE);

  it('gives the program its directory and environment, and nothing of the monitor’s own', async () => {
    vi.stubEnv('MONITOR_DB_PASSWORD', 'secret');
    const file = join(directory, 'report');
    const request = startRequest(`${fixture('shows-environment.sh')} ${file} ${MARK}`, {
      workingDirectory: directory,
      environment: { GREETING: 'bună "ziua" $HOME' },
    });
    const { pid } = identityOf(await starter.start(request, options));
    vi.unstubAllEnvs();
    const text = await report(file);
    expect(text).toContain(`directory=${directory}\n`);
    expect(text).toContain(`session=${pid} pid=${pid}\n`);
    expect(text).toContain('GREETING=bună "ziua" $HOME\n');
    expect(text).not.toContain('MONITOR');
  });

  it.runIf(ownUid === 0)('runs the program as another user with the groups and home of that user', async () => {
    const file = join(directory, 'report');
    const request = startRequest(`${fixture('shows-environment.sh')} ${file} ${MARK}`, { user: 'nobody' });
    const { pid } = identityOf(await starter.start(request, options));
    const text = await report(file);
    expect(text).toContain('user=nobody groups=nogroup\n');
    expect(text).toMatch(/^HOME=\/nonexistent$/m);
    expect((await table.find(pid))?.uid).toBe(65534);
  });

  it('finds the identity of the program itself behind shell syntax', async () => {
    const request = startRequest(`sleep ${MARK} > ${join(directory, 'out')} 2>&1`);
    const { pid } = identityOf(await starter.start(request, options));
    await vi.waitFor(async () => expect((await table.find(pid))?.argv).toEqual(['sleep', MARK]), PATIENCE);
  });

  it('runs a line of several commands in the shell', async () => {
    const file = join(directory, 'out');
    await starter.start(startRequest(`cd ${directory} && pwd > new && mv new out; exec sleep ${MARK}`), options);
    expect(await report(file)).toBe(`${directory}\n`);
  });

  it('says which executable is missing behind shell syntax too', async () => {
    const result = await starter.start(startRequest('no-such-program > /dev/null'), options);
    expect(result).toMatchObject({ reason: 'missing', detail: 'missing executable: no-such-program' });
  });

  it.each([
    [{ user: 'no-such-user' }, 'unknown user: no-such-user'],
    [{ workingDirectory: '/no/such/place' }, 'working directory /no/such/place does not exist'],
    [{ workingDirectory: '/etc/passwd' }, 'working directory /etc/passwd is no directory'],
  ])('refuses %j with words', async (changes, detail) => {
    const result = await starter.start(startRequest('sleep 1', changes), options);
    expect(result).toEqual({ kind: 'not_started', reason: 'bad_command', detail });
  });

  it('says so when the shell is missing', async () => {
    const result = await starter.start(startRequest('sleep 1; sleep 2', { shell: '/bin/no-shell' }), options);
    expect(result).toMatchObject({ reason: 'missing', detail: 'missing executable: /bin/no-shell' });
  });

  it('leaves no zombie of a program that ends later', async () => {
    const request = startRequest(`${fixture('dies-after.sh')} 0.2 1`);
    const { pid } = identityOf(await starter.start(request, options));
    await vi.waitFor(() => expect(spawnSync('test', ['-e', `/proc/${pid}`]).status).toBe(1), PATIENCE);
  });

  it('does not refuse its own user, but any other without being root', async () => {
    const ownName = spawnSync('id', ['-un'], { encoding: 'utf8' }).stdout.trim();
    const request = startRequest(`sleep ${MARK}`, { user: ownName });
    expect((await starter.start(request, options)).kind).toBe('started');
    const unprivileged = createProcessStarter({
      runner: new SpawnRunner(clock),
      table,
      clock,
      random: new FakeRandom(),
      ownUid: 4711,
      hasSystemd: true,
      isService: false,
    });
    expect(await unprivileged.start(request, options)).toMatchObject({ reason: 'not_permitted' });
  });

  it('refuses to start what would end with the monitor: as a service of systemd, without being root', async () => {
    const service = createProcessStarter({
      runner: new SpawnRunner(clock),
      table,
      clock,
      random: new FakeRandom(),
      ownUid: 4711,
      hasSystemd: true,
      isService: true,
    });
    const result = await service.start(startRequest(`sleep ${MARK}`), options);
    expect(result).toMatchObject({ kind: 'not_started', reason: 'not_permitted' });
    expect(result).toHaveProperty('detail', expect.stringContaining('`process-monitor grant`') as string);
    expect((await table.list()).filter(({ argv }) => argv.includes(MARK))).toEqual([]);
  });
});

async function kill(pid: number): Promise<void> {
  await once(spawn('kill', ['-KILL', String(pid)], { stdio: 'ignore' }), 'exit');
}
