/** The test machine itself: it is real, it is apart from the host and from others, and it leaves nothing behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMachine, PROJECT_DIRECTORY } from './support/machine.js';
import { waitFor } from './support/wait-for.js';

describeOnMachine('test machine', () => {
  it('boots a systemd in which nothing has failed', async () => {
    await using machine = await bootMachine({ name: 'plain' });
    expect(await machine.must('systemctl is-system-running')).toBe('running');
    expect(await machine.must('cat /proc/1/comm; uname -n; cat /proc/1/cgroup | tail -1')).toBe(
      'systemd\nplain\n0::/init.scope',
    );
  });

  it('has the Node that runs the tests, and this project', async () => {
    await using machine = await bootMachine({ name: 'node' });
    expect(await machine.must(`${process.execPath} --version`)).toBe(process.version);
    expect(await machine.must(`ls ${PROJECT_DIRECTORY}/package.json`)).toBe(`${PROJECT_DIRECTORY}/package.json`);
  });

  it('says at once why it cannot be booted', async () => {
    await expect(bootMachine({ name: 'no/directory' })).rejects.toThrow('cannot create directory');
  });

  it('runs several at once that do not see one another, each with its own database', async () => {
    const machines = await Promise.all(['one', 'two', 'three'].map((name) => bootMachine({ name, mariadb: true })));
    try {
      for (const machine of machines)
        await machine.installUnit('same.service', '[Service]\nExecStart=/bin/sleep 1000\n');
      await Promise.all(machines.map((machine) => machine.must('systemctl start same.service')));
      await Promise.all(machines.map((machine) => machine.sql(`CREATE DATABASE d; CREATE TABLE d.t (n INT)`)));
      await machines[0]?.sql('INSERT INTO d.t VALUES (1)');
      const counts = await Promise.all(machines.map((machine) => machine.sql('SELECT COUNT(*) FROM d.t')));
      expect(counts).toEqual([[['1']], [['0']], [['0']]]);
      for (const machine of machines) expect(await machine.must('pgrep -c -x sleep')).toBe('1');
    } finally {
      await Promise.all(machines.map((machine) => machine.stop()));
    }
  });

  it('tells NULL from the text NULL, and gives text back as it was stored', async () => {
    await using machine = await bootMachine({ name: 'sql', mariadb: true });
    const odd = `<b>&amp;"'\\n\t\nșî🙂`;
    expect(
      await machine.sql(`SELECT NULL, 'NULL', '', '${odd.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`),
    ).toEqual([[null, 'NULL', '', odd]]);
  });

  it('cannot set the clock, which it shares with the host', async () => {
    await using machine = await bootMachine({ name: 'clock' });
    const tries = ['date --set=now', 'systemd-run --quiet --wait --pipe date --set=now'];
    for (const line of tries) expect((await machine.sh(line)).stderr).toContain('Operation not permitted');
  });

  it('keeps what is written in it from the host', async () => {
    await using machine = await bootMachine({ name: 'apart' });
    const file = `/etc/only-in-the-machine-${process.pid}`;
    await machine.write(file, 'text', 0o600);
    expect(await machine.read(file)).toBe('text');
    expect(await machine.must(`stat -c %a ${file}`)).toBe('600');
    expect(existsSync(file)).toBe(false);
    expect((await machine.sh('echo x >/proc/sys/kernel/panic')).code).not.toBe(0);
  });

  it('copies files and directories of the host in', async () => {
    await using machine = await bootMachine({ name: 'copies' });
    const directory = mkdtempSync(join(tmpdir(), 'machine-test-'));
    try {
      writeFileSync(join(directory, 'program'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
      await machine.copyIn(directory, '/opt/all');
      await machine.copyIn(join(directory, 'program'), '/opt/else/where');
      expect(await machine.must('/opt/all/program; /opt/else/where')).toBe('hello\nhello');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('says how a command ended, and ends one that takes too long, in the machine too', async () => {
    await using machine = await bootMachine({ name: 'commands' });
    expect(await machine.sh('echo out; echo err >&2; exit 3')).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
    expect((await machine.sh('kill -TERM $$')).code).toBe(143);
    await expect(machine.run(['sleep', '4242'], { timeoutMs: 2000 })).rejects.toThrow('not done after 2000 ms');
    await waitFor(async () => (await machine.sh('pgrep -fx "sleep 4242"')).code === 1, { what: 'its end' });
    expect(await machine.run(['cat'], { input: 'given' })).toMatchObject({ stdout: 'given' });
  });

  it('passes a credential to a unit', async () => {
    await using machine = await bootMachine({ name: 'credential' });
    await machine.write('/etc/secret', 'word', 0o600);
    const unit =
      '[Service]\nType=oneshot\nUser=nobody\nLoadCredential=c:/etc/secret\nExecStart=/bin/sh -c \'cat "$CREDENTIALS_DIRECTORY/c"\'\n';
    await machine.installUnit('reader.service', unit);
    await machine.must('systemctl start reader.service');
    await machine.waitFor(async () => (await machine.must('journalctl -u reader -o cat')).includes('word'), {
      what: 'the secret in the journal',
    });
  });

  it('leaves no process, mount, control group or file behind when it is stopped', async () => {
    const machine = await bootMachine({ name: 'trace', mariadb: true });
    const namespaces = namespacesOf(machine.pid);
    await machine.must('setsid -f sleep 1000 >/dev/null 2>&1');
    const late = machine.run(['sleep', '1001']);
    await machine.waitFor(async () => (await machine.sh('pgrep -fx "sleep 1001"')).code === 0, { what: 'its start' });
    expect(processesIn(namespaces).length).toBeGreaterThan(4);
    await machine.stop();
    expect((await late).code).toBe(137);
    expect(processesIn(namespaces)).toEqual([]);
    expect(existsSync(machine.group)).toBe(false);
    // Its mounts and files live in its mount namespace alone, which ended with its last process.
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain('/mnt/upper');
    expect(existsSync('/mnt/upper')).toBe(false);
    await machine.stop();
  });

  it('ends with the test process, even when that one is killed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'machine-test-'));
    try {
      const owner = spawn(process.execPath, [await bundleOwner(directory)], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [text] = (await once(owner.stdout, 'data')) as [Buffer];
      const { pid, group } = JSON.parse(text.toString()) as { pid: number; group: string };
      const namespaces = namespacesOf(pid);
      owner.kill('SIGKILL');
      await waitFor(async () => processesIn(namespaces).length === 0 && !existsSync(group), { what: 'the clean-up' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

/** A program that boots a machine, tells where it is, and never stops it. */
async function bundleOwner(directory: string): Promise<string> {
  const support = join(import.meta.dirname, 'support');
  const contents = `import { bootMachine, PROJECT_DIRECTORY } from './machine.js';
    const { pid, group } = await bootMachine({ name: 'orphan' });
    console.log(JSON.stringify({ pid, group }));
    setInterval(() => undefined, 1000);`;
  const outfile = join(directory, 'owner.mjs');
  const define = { 'import.meta.dirname': JSON.stringify(support) };
  const stdin = { contents, resolveDir: support };
  await build({ stdin, outfile, define, bundle: true, platform: 'node', format: 'esm' });
  return outfile;
}

function namespacesOf(pid: number | string): readonly string[] {
  return ['pid', 'mnt', 'net', 'cgroup'].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
}

/** Every process of the host that is in at least one of these namespaces. */
function processesIn(namespaces: readonly string[]): readonly string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return namespacesOf(entry).some((namespace) => namespaces.includes(namespace));
    } catch {
      return false; // It has just ended.
    }
  });
}
