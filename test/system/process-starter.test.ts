/** The process starter on a real systemd, where what it starts becomes a unit. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningProcess } from '../../src/domain/unit-state.js';
import type { ProcessStarter, StartResult } from '../../src/ports/process-starter.js';
import { identityOf, processStarterContract, startRequest } from '../contract/process-starter-contract.js';
import { fixture } from '../fixtures/fixture.js';
import type { DriverQuestion } from '../fixtures/starter-driver.js';
import type { BootedMachine } from './support/booted-machine.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMachine } from './support/machine.js';

const DRIVER = '/root/starter-driver.mjs';
const OPTIONS = { timeoutMs: 10_000, signal: new AbortController().signal };

describeOnMachine('ProcessStarter with systemd', () => {
  let machine: BootedMachine;
  beforeAll(async () => {
    const entryPoints = [join(import.meta.dirname, '../fixtures/starter-driver.ts')];
    const bundle = await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', write: false });
    machine = await bootMachine({ name: 'starter' });
    await machine.write(DRIVER, bundle.outputFiles[0]?.text ?? '');
  });
  afterAll(() => machine.stop());

  const ask = async (question: DriverQuestion): Promise<unknown> => {
    const { stdout, stderr } = await machine.run([process.execPath, DRIVER, JSON.stringify(question)]);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  };
  const starter: ProcessStarter = {
    obstacle: null,
    start: async (request) => (await ask({ kind: 'start', request })) as StartResult,
  };
  const find = async (pid: number): Promise<RunningProcess | null> =>
    (await ask({ kind: 'find', pid })) as RunningProcess | null;
  const units = async (): Promise<string> => machine.must(`systemctl list-units --all --plain --no-legend 'pm-*'`);

  processStarterContract('in transient units', () => ({
    starter,
    table: {
      find,
      isRunning: async (identity) => (await ask({ kind: 'is_running', identity })) as boolean,
    },
    stays: () => 'sleep 1000',
    ends: (exitCode) => `${fixture('exits-with.sh')} ${exitCode}`,
    goesIntoBackground: () => `${fixture('goes-into-background.sh')} /root/background.pid 1000`,
    missing: () => 'no-such-program --at all',
    notExecutable: () => '/etc/passwd',
  }));

  it('tells the unit that the program lives in', async () => {
    const result = await starter.start(startRequest('sleep 1000', { name: 'payment@1 x' }), OPTIONS);
    expect(result).toMatchObject({ kind: 'started', home: 'transient_unit' });
    const unit = result.kind === 'started' ? result.unit : null;
    expect(unit).toMatch(/^pm-payment_1_x-[0-9a-f]{12}\.service$/);
    expect((await find(identityOf(result).pid))?.unit).toBe(unit);
  });

  it('gives the program its user, directory and environment', async () => {
    await machine.must('mkdir -p /srv/app && chown nobody /srv/app');
    const request = startRequest(`${fixture('shows-environment.sh')} /srv/app/report 1000`, {
      name: 'report',
      user: 'nobody',
      workingDirectory: '/srv/app',
      environment: { GREETING: 'bună "ziua" $HOME %h' },
    });
    identityOf(await starter.start(request, OPTIONS));
    await machine.waitFor(async () => (await machine.sh('test -s /srv/app/report')).code === 0, { what: 'the report' });
    const report = await machine.read('/srv/app/report');
    expect(report).toContain('directory=/srv/app\n');
    expect(report).toContain('user=nobody groups=nogroup\n');
    expect(report).toContain('GREETING=bună "ziua" $HOME %h\n');
  });

  it('passes signs that systemd would replace on to the program', async () => {
    const request = startRequest(`/bin/sh -c 'sleep 1000; :' '$HOME' '\${HOME}' '$$' %h a%%b`, { name: 'signs' });
    const { pid } = identityOf(await starter.start(request, OPTIONS));
    expect((await find(pid))?.argv.slice(2)).toEqual(['sleep 1000; :', '$HOME', '${HOME}', '$$', '%h', 'a%%b']);
  });

  it('finds the identity of the program itself behind shell syntax', async () => {
    const request = startRequest('sleep 1000 > "$GOAL" 2>&1', { name: 'shell', environment: { GOAL: '/root/out' } });
    const { pid } = identityOf(await starter.start(request, OPTIONS));
    expect((await find(pid))?.argv).toEqual(['sleep', '1000']);
  });

  it('keeps alive what a command has left in the background', async () => {
    const line = `${fixture('goes-into-background.sh')} /root/daemon.pid 1000`;
    await starter.start(startRequest(line, { name: 'daemon' }), OPTIONS);
    const pid = Number(await machine.read('/root/daemon.pid'));
    const seen = await find(pid);
    expect(seen?.argv).toEqual(['sleep', '1000']);
    expect(seen?.unit).toMatch(/^pm-daemon-/);
  });

  it('has the program live on when the monitor that started it is stopped', async () => {
    const request = startRequest('sleep 1000', { name: 'survivor' });
    const question = JSON.stringify({ kind: 'start', request } satisfies DriverQuestion);
    await machine.write('/root/question', question);
    await machine.installUnit(
      'monitor.service',
      `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'exec ${process.execPath} ${DRIVER} "$(cat /root/question)" > /root/answer'\n`,
    );
    await machine.must('systemctl start monitor.service');
    const { pid } = identityOf(JSON.parse(await machine.read('/root/answer')) as StartResult);
    await machine.must('systemctl stop monitor.service');
    expect((await find(pid))?.argv).toContain('1000');
  });

  it('keeps no failed unit of an earlier start', async () => {
    const failing = startRequest(`${fixture('dies-after.sh')} 0.3 1`, { name: 'flop' });
    await starter.start(failing, OPTIONS);
    await machine.waitFor(async () => (await units()).includes('failed'), { what: 'a failed unit' });
    await starter.start(startRequest('sleep 1000', { name: 'flop' }), OPTIONS);
    expect(await units()).not.toContain('failed');
  });

  it.each([
    [{ user: 'no-such-user' }, 'bad_command'],
    [{ workingDirectory: '/no/such/place' }, 'bad_command'],
  ])('refuses %j', async (changes, reason) => {
    expect(await starter.start(startRequest('sleep 1', changes), OPTIONS)).toMatchObject({ reason });
  });
});
