/** A MariaDB of its own for a test machine: fresh, small, and run by the package's own unit. */
import type { BootedMachine } from './booted-machine.js';

/** Where the server listens beside 127.0.0.1:3306; root logs in here without a password. */
export const MARIADB_SOCKET = '/run/mysqld/mysqld.sock';

const SERVER_SETTINGS = `[mariadbd]
datadir=/var/lib/mysql
socket=${MARIADB_SOCKET}
bind-address=127.0.0.1
port=3306
skip-name-resolve
character-set-server=utf8mb4
innodb-buffer-pool-size=16M
innodb-log-file-size=4M
innodb-use-native-aio=0
`;

// The package starts its server through a shell that reads the settings of the host.
const UNIT_SETTINGS = `[Service]
ExecStart=
ExecStart=/usr/sbin/mariadbd --defaults-file=/etc/mysql/test-machine.cnf
ExecStartPost=
RuntimeDirectory=mysqld
`;

/** One row: columns in the order asked; null is NULL. */
export type SqlRow = readonly (string | null)[];

/** Makes an empty database server and starts it; it answers when this resolves. */
export async function startMariadb(machine: BootedMachine): Promise<void> {
  await machine.write('/etc/mysql/test-machine.cnf', SERVER_SETTINGS);
  await machine.must(
    'mariadb-install-db --defaults-file=/etc/mysql/test-machine.cnf --user=mysql --skip-test-db --auth-root-authentication-method=socket',
  );
  await machine.installUnit('mariadb.service.d/test-machine.conf', UNIT_SETTINGS);
  await machine.must('systemctl start mariadb.service');
}

/** Runs statements as the server's root; the rows of all of them together. */
export async function askMariadb(machine: BootedMachine, statements: string): Promise<readonly SqlRow[]> {
  const args = ['--no-defaults', `--socket=${MARIADB_SOCKET}`, '--default-character-set=utf8mb4', '--xml'];
  const { code, stdout, stderr } = await machine.run(['mariadb', ...args], { input: statements });
  if (code !== 0) throw new Error(`${statements}\n${stderr.trim()}`);
  return parseRows(stdout);
}

/** The client's XML is its only output that tells NULL from the text `NULL`. */
function parseRows(xml: string): readonly SqlRow[] {
  return [...xml.matchAll(/<row>(.*?)<\/row>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<field name="[^"]*"(?: xsi:nil="true" \/>|>(.*?)<\/field>)/gs)].map(([, text]) =>
      text === undefined ? null : unescapeXml(text),
    ),
  );
}

const ENTITIES = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['amp', '&'],
]);

function unescapeXml(text: string): string {
  return text.replaceAll(/&(\w+);/g, (entity, name: string) => ENTITIES.get(name) ?? entity);
}
