/** Both probers keep the prober's promises, and the real one what only real servers can show. */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as realSleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemNetworkProber } from '../../src/adapters/net/network-prober.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeProber } from '../support/fake-prober.js';
import { httpProbe, networkProberContract, type ProbeTarget } from './network-prober-contract.js';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const prober = new SystemNetworkProber(new SystemClock());
const { signal } = new AbortController();

networkProberContract('SystemNetworkProber', () => ({
  prober,
  pass: (ms) => realSleep(ms),
  well: () => serve((_, response) => response.end('well')),
  silent: () => serve(() => undefined),
  nobody: async () => {
    const target = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    return target;
  },
}));

networkProberContract('FakeProber', () => {
  const clock = new FakeClock();
  const fake = new FakeProber(clock);
  const target = { url: 'http://127.0.0.1:80/', port: 80 };
  return {
    prober: fake,
    pass: (ms) => clock.advance(ms),
    well: async () => {
      fake.on(target.url).on('127.0.0.1:80');
      return target;
    },
    silent: async () => {
      fake.on(target.url, { afterMs: Infinity });
      return target;
    },
    nobody: async () => target,
  };
});

describe('SystemNetworkProber with real servers', () => {
  it.each([
    [200, true],
    [204, true],
    [302, true],
    [404, false],
    [503, false],
  ])('judges the status %s by the range, and follows no redirect', async (status, ok) => {
    const asked: string[] = [];
    const { url } = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    const result = await prober.http(httpProbe(url), 5000, signal);
    expect(result.ok).toBe(ok);
    if (!ok) expect(result).toEqual({ ok, detail: `${url} answered ${status}, expected 200-399` });
    expect(asked).toEqual(['/']);
  });

  it('looks for the text in the first 64 KiB of the body and no further', async () => {
    const { url } = await serve((request, response) => {
      const before = request.url === '/near' ? 65_000 : 66_000;
      response.end(`${'x'.repeat(before)}bine, mulțumesc`);
    });
    const ask = (path: string): ReturnType<typeof prober.http> =>
      prober.http(httpProbe(`${url}${path}`, { text: 'mulțumesc' }), 5000, signal);
    expect(await ask('near')).toEqual({ ok: true });
    expect(await ask('far')).toEqual({ ok: false, detail: `${url}far answered 200 without the text "mulțumesc"` });
  });

  it('does not wait for the rest of a body that never ends', async () => {
    const { url } = await serve((_, response) => response.write('status: ok\n'));
    expect(await prober.http(httpProbe(url, { text: 'status: ok' }), 5000, signal)).toEqual({ ok: true });
    expect(await prober.http(httpProbe(url), 5000, signal)).toEqual({ ok: true });
    const missing = await prober.http(httpProbe(url, { text: 'other' }), 100, signal);
    expect(missing).toEqual({ ok: false, detail: `${url}: no answer within 0.1 s` });
  });

  it('sends the credentials of a URL, and shows neither them nor the query', async () => {
    let authorization = '';
    const { url } = await serve((request, response) => {
      authorization = request.headers.authorization ?? '';
      response.writeHead(401).end();
    });
    const withSecrets = `${url.replace('http://', 'http://ana:s%C8%99cret@')}health?token=hidden`;
    const result = await prober.http(httpProbe(withSecrets), 5000, signal);
    expect(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()).toBe('ana:sșcret');
    expect(result).toEqual({ ok: false, detail: `${url}health?… answered 401, expected 200-399` });
  });

  it.each([
    ['closes at once', (socket: Socket) => socket.destroy(), 'connection closed without an answer'],
    ['does not speak HTTP', (socket: Socket) => socket.end('220 mail ready\r\n'), 'its answer is not HTTP'],
    ['drips headers for ever', drip, 'no answer within 0.2 s'],
  ])('says so when the server %s', async (_, serveSocket, words) => {
    const { url } = await listen(createTcpServer(serveSocket));
    expect(await prober.http(httpProbe(url), 200, signal)).toEqual({ ok: false, detail: `${url}: ${words}` });
  });

  it('says so when the body breaks off', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const result = await prober.http(httpProbe(url, { text: 'whole' }), 5000, signal);
    expect(result).toEqual({ ok: false, detail: `${url} answered 200, then: connection closed without an answer` });
  });

  it('does not speak TLS with a server that does not, and says no to what is no URL', async () => {
    const { url } = await serve((_, response) => response.end());
    const tls = await prober.http(httpProbe(url.replace('http:', 'https:')), 5000, signal);
    expect(tls).toMatchObject({ ok: false, detail: expect.stringContaining('TLS failed') as string });
    for (const other of ['', 'not a url', 'ftp://127.0.0.1/', 'file:///etc/passwd'])
      expect((await prober.http(httpProbe(other), 5000, signal)).ok).toBe(false);
    expect((await prober.tcp('127.0.0.1', 70_000, 5000, signal)).ok).toBe(false);
  });

  it('closes its connections when it has its answer', async () => {
    const { url, port } = await serve((_, response) => response.write('endless'));
    await prober.http(httpProbe(url), 5000, signal);
    await prober.tcp('127.0.0.1', port, 5000, signal);
    await Promise.all([...sockets].filter(({ closed }) => !closed).map((socket) => once(socket, 'close')));
  });
});

function drip(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\n');
  const timer = setInterval(() => socket.write('x-more: 1\r\n'), 20);
  socket.once('close', () => clearInterval(timer));
  socket.on('error', () => socket.destroy());
}

function serve(listener: RequestListener): Promise<ProbeTarget> {
  return listen(createHttpServer(listener));
}

async function listen(server: Server): Promise<ProbeTarget> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, port };
}
