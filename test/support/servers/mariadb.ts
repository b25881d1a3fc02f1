/** A MariaDB server of its own for a test file, in about a second. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { makeServerDirectory, runToEnd, startServer, type DatabaseServer } from './database-server.js';

const SERVER = '/usr/sbin/mariadbd';

/** `options` are added to the server's command line, for example `--max-connections=5`. Throws where there is none. */
export async function startMariadb(options: readonly string[] = []): Promise<DatabaseServer> {
  await installMariadb();
  const directory = await makeServerDirectory('MariaDB');
  const data = join(directory, 'data');
  // Only root is asked whom the server runs as.
  const common = ['--no-defaults', ...(getuid?.() === 0 ? ['--user=root'] : []), `--datadir=${data}`];
  await runToEnd('mariadb-install-db', [...common, '--auth-root-authentication-method=normal', '--skip-test-db']);
  const socket = join(directory, 's');
  return startServer({
    product: 'MariaDB',
    directory,
    socket,
    command: (port) => [
      SERVER,
      ...common,
      `--socket=${socket}`,
      `--port=${port}`,
      `--log-error=${join(directory, 'error.log')}`,
      `--pid-file=${join(directory, 'pid')}`,
      '--bind-address=127.0.0.1',
      '--innodb-buffer-pool-size=16M',
      '--innodb-flush-log-at-trx-commit=2',
      ...options,
    ],
  });
}

/** Installs the server by apt where that is possible. Throws, saying so, where it is not. */
export async function installMariadb(): Promise<void> {
  if (existsSync(SERVER)) return;
  if (getuid?.() !== 0)
    throw new Error('MariaDB is not installed and only root may install it: apt-get install mariadb-server');
  await runToEnd('apt-get', ['update', '-q']);
  const install = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'mariadb-server'];
  await runToEnd('env', ['DEBIAN_FRONTEND=noninteractive', ...install]);
}

/** Why MariaDB tests cannot run here; null: they can. On CI this throws instead: there nothing may be skipped. */
export async function whyNoMariadb(): Promise<string | null> {
  try {
    await installMariadb();
    return null;
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(`SKIPPED: tests on MariaDB. ${reason}`);
    return reason;
  }
}
