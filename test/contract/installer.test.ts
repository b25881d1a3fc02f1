/** The installer below a directory of its own: what it puts where, and that it changes all or nothing. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';

const PROJECT = resolve(import.meta.dirname, '../..');
const FOUND_IN_PROJECT = ['scripts', 'systemd', 'package.json', 'config.example.ini', 'LICENSE'];
/** What the build says of the program, beside it. */
const MADE_OF = ['sbom.cdx.json', 'licences.txt'];

let source: string;
let root: string;

/** A checkout with a program in it that stands for the built one. */
beforeEach(async () => {
  source = await temporaryDirectory();
  root = await temporaryDirectory();
  for (const name of FOUND_IN_PROJECT) await cp(join(PROJECT, name), join(source, name), { recursive: true });
  await mkdir(join(source, 'dist'));
  await writeFile(join(source, 'dist/process-monitor.js'), "console.log('first', process.argv.slice(2).join(' '));\n");
  await mkdir(join(source, 'dist/chunks'));
  await writeFile(join(source, 'dist/chunks/first.js'), '');
  for (const name of MADE_OF) await writeFile(join(source, 'dist', name), `${name}\n`);
});

interface Ran {
  readonly code: number;
  readonly output: string;
}

function run(file: string, args: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    execFile(file, args, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      done({ code, output: stdout + stderr });
    });
  });
}

function install(...args: readonly string[]): Promise<Ran> {
  return run('/bin/sh', [join(source, 'scripts/install.sh'), ...args, '--root', root, '--node', process.execPath]);
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(join(root, path))).mode & 0o777).toString(8);
}

const UNIT = 'etc/systemd/system/process-monitor.service';
const ROOT_DROP_IN = `${UNIT}.d/run-as-root.conf`;
const CONFIG = 'etc/process_monitor/config.ini';
const PROGRAM = 'opt/process-monitor/dist/process-monitor.js';

describe('the installer', () => {
  it('installs program, command, unit, directories and an example configuration', async () => {
    expect(await install()).toMatchObject({ code: 0 });
    expect(await readFile(join(root, CONFIG), 'utf8')).toBe(await readFile(join(source, 'config.example.ini'), 'utf8'));
    expect(await modeOf(CONFIG)).toBe('640');
    expect(await modeOf('etc/process_monitor')).toBe('750');
    expect(await modeOf('var/lib/process-monitor')).toBe('750');
    expect(await modeOf('var/log/process-monitor')).toBe('750');
    expect(await modeOf('usr/local/bin/process-monitor')).toBe('755');
    const unit = await readFile(join(root, UNIT), 'utf8');
    expect(unit).toContain(`ExecStart=/bin/sh /opt/process-monitor/scripts/launch.sh ${process.execPath} `);
    expect(await readdir(join(root, 'opt/process-monitor/scripts'))).toEqual(['launch.sh']);
    expect(unit).not.toMatch(/@NODE@|@PREFIX@/);
    const command = await readFile(join(root, 'usr/local/bin/process-monitor'), 'utf8');
    expect(command).toContain(`exec ${process.execPath} /opt/process-monitor/dist/process-monitor.js "$@"`);
    expect(await run(process.execPath, [join(root, PROGRAM), 'status'])).toMatchObject({ output: 'first status\n' });
    expect(await readdir(join(root, dirname(PROGRAM)))).toEqual(expect.arrayContaining([...MADE_OF, 'chunks']));
  });

  it('changes nothing when it is run again, and keeps the configuration at an upgrade', async () => {
    await install();
    await writeFile(join(root, CONFIG), '; mine\n');
    expect((await install()).output).toMatch(/config\.ini: kept as it is/);
    await writeFile(join(source, 'dist/process-monitor.js'), "console.log('second');\n");
    await rename(join(source, 'dist/chunks/first.js'), join(source, 'dist/chunks/second.js'));
    expect(await install('upgrade')).toMatchObject({ code: 0 });
    expect(await readFile(join(root, CONFIG), 'utf8')).toBe('; mine\n');
    expect(await run(process.execPath, [join(root, PROGRAM)])).toMatchObject({ output: 'second\n' });
    expect(await readdir(join(root, dirname(PROGRAM), 'chunks'))).toEqual(['second.js']);
    expect(await readdir(join(root, 'opt/process-monitor'))).not.toContainEqual(expect.stringMatching(/new|old/));
  });

  it('leaves the old program whole where copying the new one fails', async () => {
    await install();
    await writeFile(join(source, 'dist/process-monitor.js'), `// ${'x'.repeat(100_000)}\n`);
    const script = join(source, 'scripts/install.sh');
    const line = `ulimit -f 8; exec /bin/sh ${script} upgrade --root ${root} --node ${process.execPath}`;
    expect((await run('/bin/sh', ['-c', line])).code).not.toBe(0);
    expect(await run(process.execPath, [join(root, PROGRAM)])).toMatchObject({ output: 'first \n' });
    expect(await readdir(join(root, 'opt/process-monitor'), {})).not.toContainEqual(expect.stringMatching(/new|old/));
  });

  it('imports the configuration of the bash monitor only when asked to', async () => {
    await mkdir(join(root, 'opt/monitor_service'), { recursive: true });
    await writeFile(join(root, 'opt/monitor_service/config.ini'), '; old\n');
    expect(await install('--import')).toMatchObject({ code: 0 });
    expect(await readFile(join(root, CONFIG), 'utf8')).toBe('; old\n');
  });

  it('lets the daemon run as root only when told to, keeps that at an upgrade, and takes it back', async () => {
    await install();
    expect(existsSync(join(root, ROOT_DROP_IN))).toBe(false);
    expect((await install('upgrade', '--as-root')).output).toContain('owns this host');
    expect(await readFile(join(root, ROOT_DROP_IN), 'utf8')).toMatch(/^User=root$/m);
    await install('upgrade');
    expect(existsSync(join(root, ROOT_DROP_IN))).toBe(true);
    await install('upgrade', '--unprivileged');
    expect(existsSync(join(root, `${UNIT}.d`))).toBe(false);
    expect(await install('--as-root', '--unprivileged')).toMatchObject({ code: 2 });
  });

  it('removes with the program every right that was granted, and no file of anybody else', async () => {
    await install('--as-root');
    const ours = '# Written by process-monitor grant from its settings\n';
    const granted = [
      'etc/polkit-1/rules.d/50-process-monitor.rules',
      'etc/systemd/system/pm-app.service',
      `${UNIT}.d/kill-strategy.conf`,
    ];
    const others = ['etc/systemd/system/pm-elsewhere.service', `${UNIT}.d/override.conf`];
    for (const path of [...granted, ...others]) await mkdir(dirname(join(root, path)), { recursive: true });
    for (const path of granted) await writeFile(join(root, path), ours);
    for (const path of others) await writeFile(join(root, path), '[Service]\n');
    expect(await install('uninstall')).toMatchObject({ code: 0 });
    expect([...granted, ROOT_DROP_IN, ...others].filter((path) => existsSync(join(root, path)))).toEqual(others);
  });

  it('takes no Node from a home directory, which the sandbox hides, unless the daemon is to be root', async () => {
    const home = '/home/somebody/node';
    const script = join(source, 'scripts/install.sh');
    const bin = await temporaryDirectory();
    await writeFile(join(bin, 'readlink'), `#!/bin/sh\necho ${home}\n`, { mode: 0o755 });
    const line = (words: string): string =>
      `PATH=${bin}:$PATH exec /bin/sh ${script} --root ${root} --node ${process.execPath} ${words}`;
    const refused = await run('/bin/sh', ['-c', line('')]);
    expect(refused).toMatchObject({
      code: 1,
      output: expect.stringContaining(`${home} lies in a home directory`) as string,
    });
    expect(existsSync(join(root, UNIT))).toBe(false);
    expect(await run('/bin/sh', ['-c', line('--as-root')])).toMatchObject({ code: 0 });
  });

  it('refuses a directory that holds something else, a program that is not built, and words it does not know', async () => {
    await mkdir(join(root, 'opt/process-monitor'), { recursive: true });
    await writeFile(join(root, 'opt/process-monitor/precious'), '');
    expect(await install()).toMatchObject({
      code: 1,
      output: expect.stringContaining('holds something else') as string,
    });
    expect(await install('uninstall')).toMatchObject({ code: 1 });
    expect(existsSync(join(root, 'opt/process-monitor/precious'))).toBe(true);
    expect(await install('--prefix', '/opt/a b')).toMatchObject({ code: 2 });
    expect(await install('instal')).toMatchObject({ code: 2 });
    const bare = await temporaryDirectory();
    await cp(join(source, 'scripts'), join(bare, 'scripts'), { recursive: true });
    const unbuilt = await run('/bin/sh', [join(bare, 'scripts/install.sh'), '--root', root, '--prefix', '/opt/pm']);
    expect(unbuilt).toMatchObject({ code: 1, output: expect.stringContaining('npm run build') as string });
  });

  it('removes the program and keeps what the operator owns, unless it is told to purge', async () => {
    await install();
    expect(await install('uninstall')).toMatchObject({ code: 0 });
    expect(existsSync(join(root, UNIT))).toBe(false);
    expect(existsSync(join(root, 'opt/process-monitor'))).toBe(false);
    expect(existsSync(join(root, CONFIG))).toBe(true);
    expect(await install('uninstall', '--purge')).toMatchObject({ code: 0 });
    expect(existsSync(join(root, 'etc/process_monitor'))).toBe(false);
    expect(existsSync(join(root, 'var/log/process-monitor'))).toBe(false);
  });
});

describe('the unit file', () => {
  it('has nothing that systemd would complain of', async ({ skip }) => {
    await install();
    const verified = await run('systemd-analyze', ['verify', join(root, UNIT)]);
    if (verified.code === -1) skip('systemd-analyze is not installed');
    expect(verified).toEqual({ code: 0, output: '' });
  });

  it('starts Node with options that it takes without a word', async () => {
    const unit = await readFile(join(PROJECT, 'systemd/process-monitor.service'), 'utf8');
    const options = /^ExecStart=.* @NODE@ (.*) @PREFIX@/m.exec(unit)?.[1]?.split(' ') ?? [];
    expect(options).toContain('--max-old-space-size=64');
    // What such options might take away, and a package reaches for at its start.
    const probe = "if (typeof WebAssembly !== 'object' || typeof fetch !== 'function') throw new Error('reduced')";
    expect(await run(process.execPath, [...options, '-e', probe])).toEqual({ code: 0, output: '' });
  });

  it('gives a stop more time than shutdown_grace takes by default', async () => {
    const unit = await readFile(join(PROJECT, 'systemd/process-monitor.service'), 'utf8');
    const seconds = Number(/^TimeoutStopSec=(\d+)s$/m.exec(unit)?.[1]);
    const example = await readFile(join(PROJECT, 'config.example.ini'), 'utf8');
    expect(seconds).toBeGreaterThan(Number(/^;shutdown_grace = (\d+)$/m.exec(example)?.[1]));
  });

  it('reloads by the command that says whether the new settings were taken, as the same program', async () => {
    const unit = await readFile(join(PROJECT, 'systemd/process-monitor.service'), 'utf8');
    expect(unit).toMatch(/^ExecReload=@NODE@ @PREFIX@\/dist\/process-monitor\.js reload$/m);
  });

  it('is lifted by the drop-in for root in all that keeps something from commands', async () => {
    const sandbox =
      /^(?:Private|Protect|Restrict|NoNew|Capability|SystemCall|Lock|RemoveIPC|Keyring|DevicePolicy)\w*(?==)/gm;
    const keysOf = async (file: string): Promise<readonly string[]> =>
      [...new Set((await readFile(join(PROJECT, 'systemd', file), 'utf8')).match(sandbox))].sort();
    expect(await keysOf('run-as-root.conf')).toEqual(await keysOf('process-monitor.service'));
  });
});
