/** Several servers in a list, and encrypted ones, as the MySQL adapter meets them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connectMysql } from '../../src/adapters/mysql/connect-mysql.js';
import type { MysqlOptions, ServerAddress, TlsOptions } from '../../src/adapters/mysql/options.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import { FakeRandom } from '../support/fake-random.js';
import { freePort, runToEnd, type DatabaseServer } from '../support/servers/database-server.js';
import { startMariadb, whyNoMariadb } from '../support/servers/mariadb.js';
import { ShiftedClock } from '../support/shifted-clock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { id, STAMP } from './alarm-store-contract.js';
import { LEGACY_TABLES, never, ServerUnderTest } from './alarm-store-server.js';
import { PATIENCE } from '../support/patience.js';

const CLEARED = { kind: 'cleared', rows: 1, noteStored: true };
const AVOIDED_FOR_MS = 60_000;
const missing = await whyNoMariadb();

describe.skipIf(missing !== null)('a list of servers', () => {
  let servers: readonly DatabaseServer[] = [];
  let tests: readonly ServerUnderTest[] = [];
  let stores: AlarmStore[] = [];
  let clock: ShiftedClock;
  const open = (options: Partial<MysqlOptions> = {}): AlarmStore => {
    const [first] = tests;
    if (first === undefined) throw new Error('no server');
    const addresses = servers.map(({ port }): ServerAddress => ({ kind: 'tcp', host: '127.0.0.1', port }));
    const store = connectMysql({ ...first.options(), servers: addresses, ...options }, clock, new FakeRandom());
    stores.push(store);
    return store;
  };
  /** Which of the servers answers: each has a process of its own name. */
  const answering = async (store: AlarmStore): Promise<string | null | undefined> =>
    (await store.source.alarmed(never))[0]?.processName;

  beforeAll(async () => {
    servers = [await startMariadb(), await startMariadb()];
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });
  beforeEach(async () => {
    clock = new ShiftedClock();
    stores = [];
    tests = servers.map((server) => new ServerUnderTest(server, 'alarm_failover'));
    for (const [index, test] of tests.entries()) {
      await test.prepare(LEGACY_TABLES);
      await test.admin.run(
        `INSERT INTO PROCESE VALUES (1, 'on ${index}'); INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, NULL)`,
      );
    }
  });
  afterEach(async () => {
    for (const server of servers) server.resume();
    for (const test of tests) await test.admin.run('SET GLOBAL read_only = 0');
    for (const store of stores) await store.close();
    for (const test of tests) await test.dispose();
  });

  it('is asked in order', async () => {
    expect(await answering(open())).toBe('on 0');
    const port = await freePort();
    const rest = servers.map((server): ServerAddress => ({ kind: 'socket', path: server.socket }));
    expect(await answering(open({ servers: [{ kind: 'tcp', host: '127.0.0.1', port }, ...rest] }))).toBe('on 0');
  });

  it('tells of each server when none can be reached', async () => {
    const ports = [await freePort(), await freePort()];
    const dead = ports.map((port): ServerAddress => ({ kind: 'tcp', host: '127.0.0.1', port }));
    const failed = answering(open({ servers: dead }));
    await expect(failed).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    await expect(failed).rejects.toThrow(new RegExp(ports.map((port) => `127\\.0\\.0\\.1:${port}.*`).join('')));
  });

  it('goes on with the next server in the very call in which one hangs, and back to the first in time', async () => {
    const store = open();
    expect(await answering(store)).toBe('on 0');
    await servers[0]?.pause();
    expect(await answering(store)).toBe('on 1');
    servers[0]?.resume();
    expect(await answering(store)).toBe('on 1');
    // A try that failed in between has the first one avoided anew.
    const later = (): Promise<string | null | undefined> => {
      clock.shiftMs += AVOIDED_FOR_MS;
      return answering(store);
    };
    await expect.poll(later, { ...PATIENCE, interval: 500 }).toBe('on 0');
  });

  it('stays where it is while the first server is still down', async () => {
    const store = open();
    await servers[0]?.pause();
    expect(await answering(store)).toBe('on 1');
    clock.shiftMs += AVOIDED_FOR_MS;
    expect(await answering(store)).toBe('on 1');
    await sleep(0);
    expect(await answering(store)).toBe('on 1');
  });

  it('prefers a server that takes writes', async () => {
    await tests[0]?.admin.run('SET GLOBAL read_only = 1');
    expect(await answering(open())).toBe('on 1');
  });

  it('moves a write to the next server when the first has become read-only', async () => {
    const store = open();
    expect(await answering(store)).toBe('on 0');
    await tests[0]?.admin.run('SET GLOBAL read_only = 1');
    expect(await store.writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual(CLEARED);
    expect(await tests[1]?.admin.rows('SELECT alarma FROM STATUS_PROCESS')).toEqual([{ alarma: 0 }]);
  });

  it('still shows alarms when every server is read-only', async () => {
    for (const test of tests) await test.admin.run('SET GLOBAL read_only = 1');
    const store = open();
    expect(await answering(store)).toBe('on 0');
    await expect(store.writer.clear(id(1), { stamp: STAMP, claim: null }, never)).rejects.toMatchObject({
      code: 'read_only',
    });
    expect(await answering(store)).toMatch(/^on \d$/);
  });
});

/** A server of a test's own, whose certificate proves that it is `name`. */
async function startTls(name: string): Promise<{ readonly server: DatabaseServer; readonly certificate: string }> {
  const directory = await temporaryDirectory();
  const [key, file] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await runToEnd('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', file, '-days', '2', ...subject]);
  const server = await startMariadb([`--ssl-cert=${file}`, `--ssl-key=${key}`]);
  onTestFinished(() => server.stop());
  return { server, certificate: await readFile(file, 'utf8') };
}

async function openTls(server: DatabaseServer, host: string, tls: Partial<TlsOptions>): Promise<AlarmStore> {
  const test = new ServerUnderTest(server, 'alarm_tls');
  await test.prepare(LEGACY_TABLES);
  onTestFinished(() => test.dispose());
  return test.open({
    servers: [{ kind: 'tcp', host, port: server.port }],
    tls: { mode: 'verify', ca: null, cert: null, key: null, ...tls },
  });
}

describe.skipIf(missing !== null)('a server with TLS', () => {
  const mistake = { code: 'configuration', retryable: false };

  it('is proved by its certificate', async () => {
    const { server, certificate } = await startTls('localhost');
    const proved = await openTls(server, 'localhost', { ca: certificate });
    expect(await proved.source.alarmed(never)).toEqual([]);
    const unknown = await openTls(server, 'localhost', {});
    await expect(unknown.source.alarmed(never)).rejects.toMatchObject(mistake);
  });

  it('is refused when its certificate has another name, unless the settings ask for no proof', async () => {
    const { server, certificate } = await startTls('db.example');
    const other = await openTls(server, 'localhost', { ca: certificate });
    await expect(other.source.alarmed(never)).rejects.toMatchObject(mistake);
    const unproved = await openTls(server, '127.0.0.1', { mode: 'required' });
    expect(await unproved.source.alarmed(never)).toEqual([]);
  });

  it('leaves no socket behind when it hangs', async () => {
    const { server, certificate } = await startTls('localhost');
    const { source } = await openTls(server, 'localhost', { ca: certificate });
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap' || kind === 'TLSWrap').length;
    const before = sockets();
    await source.alarmed(never);
    await server.pause();
    await expect(source.alarmed(never)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(source.alarmed(never)).rejects.toMatchObject({ code: 'unreachable' });
    await expect.poll(sockets, PATIENCE).toBeLessThanOrEqual(before);
    server.resume();
    expect(await source.alarmed(never)).toEqual([]);
  });
});
