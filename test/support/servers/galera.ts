/** A Galera cluster of MariaDB servers on loopback, whose nodes a test may stop, kill, freeze and cut off. */
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, makeServerDirectory, runToEnd, startServer, type DatabaseServer } from './database-server.js';
import { installMariadb } from './mariadb.js';

const SERVER = '/usr/sbin/mariadbd';
const PROVIDER = '/usr/lib/galera/libgalera_smm.so';
const NEEDED = [
  ['galera-4', PROVIDER],
  ['rsync', '/usr/bin/rsync'],
  ['lsof', '/usr/bin/lsof'],
] as const;
const SYNCED_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** A node that is gone is given up within about a second instead of five or more. */
const QUICK_EVICTION = [
  'evs.keepalive_period=PT0.3S',
  'evs.inactive_check_period=PT0.3S',
  'evs.suspect_timeout=PT1S',
  'evs.inactive_timeout=PT3S',
  'evs.install_timeout=PT3S',
];

export interface GaleraNode extends DatabaseServer {
  /** Cut off from the other nodes, while clients still reach it: it answers them that it is not prepared. */
  isolate(): Promise<void>;
  /** Undoes `isolate`; resolves once the node takes part again. */
  rejoin(): Promise<void>;
  /** Resolves once the node takes part and has caught up; of `size` nodes where that is told. */
  synced(size?: number): Promise<void>;
}

export interface GaleraCluster {
  /** Each in step with the others when this is handed out. `restart` of one resolves when it is so again. */
  readonly nodes: readonly [GaleraNode, GaleraNode, GaleraNode];
  /** Ends every node, whatever state it is in. */
  stop(): Promise<void>;
}

interface NodePlace {
  readonly directory: string;
  readonly groupPort: number;
  readonly catchUpPort: number;
  readonly transferPort: number;
}

/** Three nodes in about ten seconds. `options` go to every server. Throws where it cannot be had; ask `whyNoGalera` first. */
export async function startGalera(options: readonly string[] = []): Promise<GaleraCluster> {
  await installGalera();
  const places = [await makePlace(), await makePlace(), await makePlace()] as const;
  const addresses = places.map(({ groupPort }) => `127.0.0.1:${groupPort}`).join(',');
  const started: GaleraNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((node) => node.stop()));
  };
  const add = async (place: NodePlace, isFirst: boolean): Promise<GaleraNode> => {
    const node = await startNode(place, addresses, { options, isFirst });
    started.push(node);
    await node.synced(started.length);
    return node;
  };
  try {
    // Only the first has tables of its own; the others are sent a copy when they join.
    await runToEnd(...asServerUser(['mariadb-install-db', ...commonOptions(places[0]), ...INSTALL_OPTIONS]));
    const first = await add(places[0], true);
    return { nodes: [first, await add(places[1], false), await add(places[2], false)], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Why tests on a cluster cannot run here; null: they can. On CI this throws instead: there nothing may be skipped. */
export async function whyNoGalera(): Promise<string | null> {
  try {
    await installGalera();
    return null;
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(`SKIPPED: tests on a Galera cluster. ${reason}`);
    return reason;
  }
}

async function installGalera(): Promise<void> {
  await installMariadb();
  const missing = NEEDED.filter(([, file]) => !existsSync(file)).map(([name]) => name);
  if (missing.length === 0) return;
  if (getuid?.() !== 0) throw new Error(`Only root may install what is missing: apt-get install ${missing.join(' ')}`);
  await runToEnd('apt-get', ['update', '-q']);
  const install = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...missing];
  await runToEnd('env', ['DEBIAN_FRONTEND=noninteractive', ...install]);
}

async function makePlace(): Promise<NodePlace> {
  const directory = await makeServerDirectory('Galera');
  await mkdir(join(directory, 'data'));
  if (getuid?.() === 0) {
    const { uid, gid } = await serverUser();
    for (const path of [directory, join(directory, 'data')]) await chown(path, uid, gid);
  }
  return {
    directory,
    groupPort: await freePort(),
    catchUpPort: await freePort(),
    transferPort: await freePort(),
  };
}

async function serverUser(): Promise<{ readonly uid: number; readonly gid: number }> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('mysql:'));
  const [, , uid, gid] = (line ?? '').split(':');
  if (uid === undefined || gid === undefined) throw new Error('There is no user mysql.');
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Never as root: the rsync daemon that takes the copy would step down to nobody and could not write it. The change of user
 * forgets the signal that comes with the parent's death, so it is asked for anew.
 */
function asServerUser(command: readonly string[]): [string, string[]] {
  const user = getuid?.() === 0 ? ['--reuid=mysql', '--regid=mysql', '--init-groups'] : [];
  return ['setpriv', [...user, '--pdeathsig', 'KILL', ...command]];
}

const INSTALL_OPTIONS = ['--auth-root-authentication-method=normal', '--skip-test-db'];

function commonOptions({ directory }: NodePlace): readonly string[] {
  return ['--no-defaults', `--datadir=${join(directory, 'data')}`];
}

async function startNode(
  place: NodePlace,
  addresses: string,
  { options, isFirst }: { readonly options: readonly string[]; readonly isFirst: boolean },
): Promise<GaleraNode> {
  // Only once: when it comes back, it joins those that went on without it.
  let makesCluster = isFirst;
  const server = await startServer({
    product: 'Galera',
    directory: place.directory,
    socket: join(place.directory, 's'),
    command: (port) => {
      const first = makesCluster ? ['--wsrep-new-cluster'] : [];
      const [file, args] = asServerUser([
        SERVER,
        ...commonOptions(place),
        ...serverOptions(place, port),
        ...clusterOptions(place, addresses),
        ...first,
        ...options,
      ]);
      return [file, ...args];
    },
  });
  makesCluster = false;
  return asNode(server);
}

function serverOptions({ directory }: NodePlace, port: number): readonly string[] {
  return [
    `--socket=${join(directory, 's')}`,
    `--port=${port}`,
    `--log-error=${join(directory, 'error.log')}`,
    `--pid-file=${join(directory, 'pid')}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--innodb-buffer-pool-size=16M',
    '--innodb-log-file-size=8M',
    '--innodb-flush-log-at-trx-commit=2',
  ];
}

function clusterOptions(place: NodePlace, addresses: string): readonly string[] {
  const provider = [
    `base_port=${place.groupPort}`,
    `gmcast.listen_addr=tcp://127.0.0.1:${place.groupPort}`,
    `ist.recv_addr=127.0.0.1:${place.catchUpPort}`,
    'gcache.size=16M',
    ...QUICK_EVICTION,
  ];
  return [
    '--wsrep-on=ON',
    `--wsrep-provider=${PROVIDER}`,
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
    `--wsrep-cluster-address=gcomm://${addresses}`,
    '--wsrep-node-address=127.0.0.1',
    '--wsrep-sst-method=rsync',
    `--wsrep-sst-receive-address=127.0.0.1:${place.transferPort}`,
    `--wsrep-provider-options=${provider.join(';')}`,
  ];
}

function asNode(server: DatabaseServer): GaleraNode {
  const synced = (size?: number): Promise<void> => untilSynced(server, size);
  const setIsolation = async (value: 0 | 1): Promise<void> => {
    const client = await server.client();
    await client.run(`SET GLOBAL wsrep_provider_options='gmcast.isolate=${value}'`);
    await client.close();
  };
  return {
    ...server,
    synced,
    isolate: () => setIsolation(1),
    rejoin: async () => {
      await setIsolation(0);
      await synced();
    },
    restart: async () => {
      await server.restart();
      await synced();
    },
  };
}

async function untilSynced(server: DatabaseServer, size: number | undefined): Promise<void> {
  const client = await server.client();
  const giveUpAt = Date.now() + SYNCED_MS;
  try {
    for (;;) {
      const rows = await client.rows(
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_ready', 'wsrep_cluster_size')",
      );
      const status = new Map(rows.map((row) => [row['Variable_name'], row['Value']]));
      const isIn = status.get('wsrep_ready') === 'ON' && status.get('wsrep_local_state_comment') === 'Synced';
      if (isIn && (size === undefined || status.get('wsrep_cluster_size') === String(size))) return;
      if (Date.now() > giveUpAt) throw new Error(`The node is not in step: ${JSON.stringify([...status])}`);
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await client.close();
  }
}
