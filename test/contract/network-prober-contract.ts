/** What every prober of the network promises. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { HttpProbe, NetworkProber } from '../../src/ports/network-prober.js';

/** Somebody who answers well, not at all, or is not there. */
export interface ProbeTarget {
  readonly url: string;
  readonly port: number;
}

export interface ProberUnderTest {
  readonly prober: NetworkProber;
  readonly pass: (ms: number) => Promise<unknown>;
  readonly well: () => Promise<ProbeTarget>;
  readonly silent: () => Promise<ProbeTarget>;
  readonly nobody: () => Promise<ProbeTarget>;
}

/** A question with nothing special about it. */
export function httpProbe(url: string, changes: Partial<HttpProbe> = {}): HttpProbe {
  return { url, statuses: { from: 200, to: 399 }, text: null, ...changes };
}

const HOST = '127.0.0.1';

/** Runs the promises on one prober; `make` is called once for each. */
export function networkProberContract(name: string, make: () => ProberUnderTest): void {
  describe(name, () => {
    const { signal } = new AbortController();

    it('finds well who answers well', async () => {
      const { prober, well } = make();
      const { url, port } = await well();
      expect(await prober.http(httpProbe(url), 5000, signal)).toEqual({ ok: true });
      expect(await prober.tcp(HOST, port, 5000, signal)).toEqual({ ok: true });
    });

    it('says that the connection is refused where nobody listens', async () => {
      const { prober, nobody } = make();
      const { url, port } = await nobody();
      const refused = { ok: false, detail: expect.stringContaining('connection refused') as string };
      expect(await prober.http(httpProbe(url), 5000, signal)).toEqual(refused);
      expect(await prober.tcp(HOST, port, 5000, signal)).toEqual(refused);
    });

    it('gives up when the time is up', async () => {
      const { prober, silent, pass } = make();
      const { url } = await silent();
      const pending = prober.http(httpProbe(url), 100, signal);
      await pass(100);
      expect(await pending).toEqual({ ok: false, detail: expect.stringContaining('no answer within 0.1 s') as string });
    });

    it('gives up when it is aborted, and leaves no listener behind', async () => {
      const { prober, silent, pass } = make();
      const { url, port } = await silent();
      const stop = new AbortController();
      const pending = prober.http(httpProbe(url), 60_000, stop.signal);
      await pass(20);
      stop.abort();
      expect(await pending).toMatchObject({ ok: false, detail: expect.stringContaining('aborted') as string });
      expect(await prober.tcp(HOST, port, 60_000, stop.signal)).toMatchObject({ ok: false });
      expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    });
  });
}
