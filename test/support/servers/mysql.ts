/** Oracle's MySQL for tests: Debian's package from its unstable suite, unpacked beside the system and run in there. */
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { getuid, pid } from 'node:process';
import { makeServerDirectory, runToEnd, startServer, type DatabaseServer } from './database-server.js';

const CACHE = resolve(import.meta.dirname, '../../../.cache/mysql');
const ROOT = join(CACHE, 'root');
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** `options` are added to the server's command line. Throws where it cannot be had; ask `whyNoMysql` first. */
export async function startMysql(options: readonly string[] = []): Promise<DatabaseServer> {
  await unpackMysql();
  await mkdir(join(ROOT, 'run'), { recursive: true });
  const directory = await makeServerDirectory('MySQL', join(ROOT, 'run'));
  // The server sees nothing but the unpacked tree, and its paths from there on.
  const inside = `/run/${basename(directory)}`;
  const server = [
    'chroot',
    ROOT,
    '/usr/sbin/mysqld',
    '--no-defaults',
    '--user=root',
    `--datadir=${inside}/data`,
    // Not the TMPDIR of whoever runs the tests: it is not in there.
    '--tmpdir=/tmp',
  ] as const;
  await runToEnd(server[0], [...server.slice(1), '--initialize-insecure', '--secure-file-priv=NULL']);
  return startServer({
    product: 'MySQL',
    directory,
    socket: join(directory, 's'),
    command: (port) => [
      ...server,
      `--socket=${inside}/s`,
      `--port=${port}`,
      `--log-error=${inside}/error.log`,
      `--pid-file=${inside}/pid`,
      ...['--bind-address=127.0.0.1', '--secure-file-priv=NULL', '--mysqlx=OFF', '--skip-log-bin'],
      ...['--innodb-buffer-pool-size=32M', '--innodb-flush-log-at-trx-commit=2'],
      ...options,
    ],
  });
}

/** Why MySQL tests cannot run here, said loudly; null: they can. It is the one server whose absence fails no run. */
export async function whyNoMysql(): Promise<string | null> {
  try {
    await unpackMysql();
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(`SKIPPED: tests on Oracle's MySQL. ${reason}`);
    return reason;
  }
}

/** Once per checkout: about 60 MB from the mirror that this machine uses, 330 MB unpacked. */
async function unpackMysql(): Promise<void> {
  if (existsSync(ROOT)) return;
  if (getuid?.() !== 0) throw new Error('Only root can run a server inside an unpacked tree.');
  if (!existsSync(KEYRING)) throw new Error(`${KEYRING} is missing: this is no Debian.`);
  const work = `${CACHE}.${pid}`;
  try {
    await downloadInto(work);
    const tree = join(work, 'root');
    const archives = join(work, 'cache/archives');
    await mkdir(tree);
    for (const name of (await readdir(archives)).filter((file) => file.endsWith('.deb'))) {
      await runToEnd('dpkg', ['-x', join(archives, name), tree]);
    }
    await joinDirectories(tree);
    await mkdir(join(tree, 'tmp'), { recursive: true });
    await mkdir(CACHE, { recursive: true });
    // Complete or not there at all; another test run may have been faster.
    await rename(tree, ROOT).catch((error: unknown) => {
      if (!existsSync(ROOT)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** An apt of its own, which takes nothing as installed and leaves the system's alone. */
async function downloadInto(work: string): Promise<void> {
  await mkdir(join(work, 'state/lists/partial'), { recursive: true });
  await mkdir(join(work, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(work, 'status'), '');
  await writeFile(join(work, 'sources.list'), `deb [signed-by=${KEYRING}] ${await findMirror()} sid main\n`);
  const settings = [
    `Dir::Etc::sourcelist=${work}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State=${work}/state`,
    `Dir::State::status=${work}/status`,
    `Dir::Cache=${work}/cache`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=20',
  ].flatMap((setting) => ['-o', setting]);
  await runToEnd('apt-get', [...settings, '-q', 'update']);
  const download = ['install', '-q', '-y', '--no-install-recommends', '--download-only', 'mysql-server-core'];
  await runToEnd('apt-get', [...settings, ...download]);
}

/** The mirror of this machine's own apt sources. */
async function findMirror(): Promise<string> {
  const parts = '/etc/apt/sources.list.d';
  const names = await readdir(parts).catch(() => []);
  for (const file of ['/etc/apt/sources.list', ...names.map((name) => join(parts, name))]) {
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => !line.startsWith('#'));
    const mirror = lines
      .map((line) => /https?:\/\/\S+\/debian\/?(?=\s|$)/.exec(line)?.[0])
      .find((url) => url !== undefined);
    if (mirror !== undefined) return mirror;
  }
  throw new Error('No Debian mirror is named in the sources of apt.');
}

/** Debian's base system has these as links; the packages alone bring only what lies behind them. */
async function joinDirectories(tree: string): Promise<void> {
  for (const name of ['lib', 'lib64', 'bin', 'sbin']) {
    const isThere = await lstat(join(tree, name)).then(
      () => true,
      () => false,
    );
    if (!isThere && existsSync(join(tree, 'usr', name))) await symlink(`usr/${name}`, join(tree, name));
  }
}
