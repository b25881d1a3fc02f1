/** Asks once over HTTP and judges the answer. */
import type { ClientRequest, IncomingMessage, request as requestHttp } from 'node:http';
import type { HttpProbe, ProbeResult } from '../../ports/network-prober.js';
import { explainNetworkError, failedProbe, shownUrl } from './probe-detail.js';

const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Resolves with the verdict; never rejects. Certificates are checked against the authorities that Node trusts.
 * Whatever happens, an abort of `signal` closes the connection.
 */
export async function exchangeHttp(probe: HttpProbe, signal: AbortSignal): Promise<ProbeResult> {
  const url = URL.canParse(probe.url) ? new URL(probe.url) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return { ok: false, detail: 'the address to ask is no http or https URL' };
  // A part of Node itself, which may be loaded at any time; most monitors never ask over HTTP.
  const { request: open } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  return new Promise((resolve) => {
    const fail = (detail: string): void => resolve({ ok: false, detail: `${shownUrl(url)}: ${detail}` });
    const breakOff = (cause: unknown): void => resolve(failedProbe(shownUrl(url), cause));
    try {
      const request = ask(open, url, signal);
      request.once('error', breakOff);
      request.once('upgrade', (_, socket) => {
        socket.destroy();
        fail('switched to another protocol');
      });
      request.once('response', (response) => {
        void judge(probe, url, response).then((result) => {
          resolve(result);
          response.destroy();
        });
      });
      request.end();
    } catch (cause: unknown) {
      breakOff(cause);
    }
  });
}

function ask(open: typeof requestHttp, url: URL, signal: AbortSignal): ClientRequest {
  const headers = { accept: '*/*', connection: 'close', 'user-agent': 'process-monitor' };
  // No agent: a connection that was kept alive would prove less than a new one.
  return open(url, { agent: false, headers, signal });
}

async function judge(probe: HttpProbe, url: URL, response: IncomingMessage): Promise<ProbeResult> {
  const { from, to } = probe.statuses;
  const status = response.statusCode ?? 0;
  const answered = `${shownUrl(url)} answered ${status}`;
  if (status < from || status > to)
    return { ok: false, detail: `${answered}, expected ${from === to ? from : `${from}-${to}`}` };
  if (probe.text === null) return { ok: true };
  const found = await searchBody(response, Buffer.from(probe.text));
  if (found === 'found') return { ok: true };
  if (found === 'not_found') return { ok: false, detail: `${answered} without the text ${JSON.stringify(probe.text)}` };
  return { ok: false, detail: `${answered}, then: ${found.broken}` };
}

async function searchBody(
  response: IncomingMessage,
  text: Buffer,
): Promise<'found' | 'not_found' | { readonly broken: string }> {
  let body = Buffer.alloc(0);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      body = Buffer.concat([body, chunk]).subarray(0, BODY_LIMIT_BYTES);
      if (body.includes(text)) return 'found';
      if (body.length === BODY_LIMIT_BYTES) return 'not_found';
    }
    return body.includes(text) ? 'found' : 'not_found';
  } catch (cause: unknown) {
    return { broken: explainNetworkError(cause) };
  }
}
