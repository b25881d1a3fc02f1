/** Asks over the network whether a service answers, under one deadline for everything that this takes. */
import type { Clock } from '../../ports/clock.js';
import type { HttpProbe, NetworkProber, ProbeResult } from '../../ports/network-prober.js';
import { exchangeHttp } from './http-exchange.js';
import { explainDeadline, shownUrl } from './probe-detail.js';
import { connectTcp } from './tcp-connect.js';

/** The deadline covers the look-up of the name, the connection, TLS, headers and body. */
export class SystemNetworkProber implements NetworkProber {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  http(probe: HttpProbe, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
    const target = URL.canParse(probe.url) ? shownUrl(new URL(probe.url)) : 'the URL';
    return this.#within(timeoutMs, signal, { target, ask: (end) => exchangeHttp(probe, end) });
  }

  tcp(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
    const target = `${host}:${port}`;
    return this.#within(timeoutMs, signal, { target, ask: (end) => connectTcp(host, port, end) });
  }

  async #within(timeoutMs: number, signal: AbortSignal, question: Question): Promise<ProbeResult> {
    if (signal.aborted) return { ok: false, detail: `${question.target}: aborted` };
    const end = new AbortController();
    const stop = (): void => end.abort();
    signal.addEventListener('abort', stop);
    try {
      const answer = question.ask(end.signal);
      // The clock first: closing the connection makes the question fail with words that say less.
      const limit = this.#clock.sleep(timeoutMs, end.signal).then((how) => ({ limit: how }));
      const first = await Promise.race([limit, answer]);
      if ('ok' in first) return first;
      const why = first.limit === 'elapsed' ? explainDeadline(timeoutMs) : 'aborted';
      return { ok: false, detail: `${question.target}: ${why}` };
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }
}

interface Question {
  /** As it is shown. */
  readonly target: string;
  readonly ask: (end: AbortSignal) => Promise<ProbeResult>;
}
