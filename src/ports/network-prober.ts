/** Asks over the network whether a service answers. */
import type { StatusRange } from '../domain/process-policy.js';

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly detail: string };

export interface HttpProbe {
  readonly url: string;
  readonly statuses: StatusRange;
  /** Must occur in the first 64 KiB of the body; null: any body. */
  readonly text: string | null;
}

export interface NetworkProber {
  /** Never rejects. Redirects are not followed: they are judged by their status. */
  http(probe: HttpProbe, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult>;
  /** Never rejects. */
  tcp(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult>;
}
