/** TLS on a real server with certificates of its own: what `verify` proves, what `required` gives, and that neither falls back. */
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { TlsOptions } from '../../src/adapters/mysql/options.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import { makeAuthority, signFor, type Certificate } from '../support/certificates.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { startMariadb, whyNoMariadb } from '../support/servers/mariadb.js';
import { LEGACY_TABLES, never, ServerUnderTest } from './alarm-store-server.js';

const missing = await whyNoMariadb();
const HOST = 'localhost';
const ALARM =
  "INSERT INTO PROCESE VALUES (1, 'one'); INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, 'a note that a listener must not read')";

describe.skipIf(missing !== null)('TLS', () => {
  let directory: string;
  let server: DatabaseServer;
  let test: ServerUnderTest;
  let authority: Certificate;
  let stranger: Certificate;
  let right: Certificate;
  let otherName: Certificate;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'process-monitor-'));
    authority = await makeAuthority(directory, 'authority');
    stranger = await makeAuthority(directory, 'stranger');
    right = await signFor(HOST, authority, directory);
    otherName = await signFor('other.example', authority, directory);
    await copy(right);
    server = await startMariadb([
      `--ssl-cert=${join(directory, 'used.pem')}`,
      `--ssl-key=${join(directory, 'used.key')}`,
    ]);
  });
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    test = new ServerUnderTest(server, 'alarm_tls');
    await test.prepare(`${LEGACY_TABLES}; ${ALARM}`);
  });
  afterEach(() => test.dispose());

  async function copy({ cert, key }: Certificate): Promise<void> {
    await copyFile(cert, join(directory, 'used.pem'));
    await copyFile(key, join(directory, 'used.key'));
  }

  async function present(certificate: Certificate): Promise<void> {
    await copy(certificate);
    await test.admin.run('FLUSH SSL');
  }

  function open(mode: TlsOptions['mode'], ca: Certificate | null, port = server.port): AlarmStore {
    const tls = { mode, ca: ca?.text ?? null, cert: null, key: null };
    return test.open({ tls, servers: [{ kind: 'tcp', host: HOST, port }] });
  }

  it('verify accepts the certificate of this name from the authority that the settings name', async () => {
    await present(right);
    expect(await open('verify', authority).source.alarmed(never)).toHaveLength(1);
  });

  it('verify refuses a certificate for another name', async () => {
    await present(otherName);
    const reading = open('verify', authority).source.alarmed(never);
    await expect(reading).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(/other\.example/) as string,
    });
  });

  it.each([
    ['another authority', (): Certificate | null => stranger],
    ['none but those that the system trusts', (): Certificate | null => null],
  ])('verify refuses a certificate where the settings name %s', async (_, ca) => {
    await present(right);
    const reading = open('verify', ca()).source.alarmed(never);
    await expect(reading).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(/certificate/) as string,
    });
  });

  it('required takes any certificate and encrypts all that is said; off does neither', async () => {
    await present(otherName);
    for (const [mode, isReadable] of [
      ['off', true],
      ['required', false],
    ] as const) {
      const listener = await listenTo(server.port);
      expect(await open(mode, null, listener.port).source.alarmed(never)).toHaveLength(1);
      for (const said of ['FROM STATUS_PROCESS', 'a note that a listener must not read'])
        expect(listener.heard().includes(said)).toBe(isReadable);
    }
  });

  it.each(['required', 'verify'] as const)('%s does not fall back where the server has no TLS', async (mode) => {
    const plain = await startMariadb(['--skip-ssl']);
    onTestFinished(() => plain.stop());
    const listener = await listenTo(plain.port);
    const reading = open(mode, authority, listener.port).source.alarmed(never);
    await expect(reading).rejects.toMatchObject({ code: 'configuration' });
    expect(listener.heard().includes('alarm_tls')).toBe(false);
  });
});

/** Somebody on the way to the server, who hears everything. */
async function listenTo(port: number): Promise<{ readonly port: number; readonly heard: () => Buffer }> {
  const heard: Buffer[] = [];
  const middle = createServer((client) => {
    const onward = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, onward],
      [onward, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        heard.push(chunk);
        to.write(chunk);
      });
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
    }
  });
  middle.listen(0, '127.0.0.1');
  await once(middle, 'listening');
  onTestFinished(() => void middle.close());
  return { port: (middle.address() as AddressInfo).port, heard: () => Buffer.concat(heard) };
}
