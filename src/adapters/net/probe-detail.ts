/** Puts into words why a probe over the network failed. */
import type { ProbeResult } from '../../ports/network-prober.js';

/** The URL as it may be shown: without credentials, and without the query, which may hold some too. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed without an answer',
  EPIPE: 'connection closed without an answer',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer from the network',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EADDRNOTAVAIL: 'the address is not available',
  EACCES: 'not permitted',
  ENOENT: 'no such socket',
  EMFILE: 'the limit of open files is reached',
  ENFILE: 'the limit of open files of the whole system is reached',
  ENOMEM: 'there is no memory left for it',
  HPE_HEADER_OVERFLOW: 'its headers are too large',
};

/** Says what an error of a socket or a request means; never the address, which whoever asks knows. */
export function explainNetworkError(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const words = WORDS[code];
  if (words !== undefined) return words;
  if (code.startsWith('HPE_')) return 'its answer is not HTTP';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return `TLS failed (${code})`;
  if (/CERT|ISSUER|SIGNED|TLS|CRL/.test(code)) return `its certificate is not accepted (${code})`;
  return code === '' ? cause.message : `failed (${code})`;
}

const NO_ROOM: readonly unknown[] = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'];

/** What a failed question leads to; where there was no room for it nothing is known of who was to answer. */
export function failedProbe(target: string, cause: unknown): ProbeResult {
  const failed = { ok: false, detail: `${target}: ${explainNetworkError(cause)}` } as const;
  const isUnasked = cause instanceof Error && 'code' in cause && NO_ROOM.includes(cause.code);
  return isUnasked ? { ...failed, isUnasked } : failed;
}

/** Example: `no answer within 5 s`. */
export function explainDeadline(timeoutMs: number): string {
  return `no answer within ${timeoutMs / 1000} s`;
}
