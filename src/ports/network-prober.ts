/** Asks over the network whether a service answers. */
import type { StatusRange } from '../domain/process-policy.js';

/** `isUnasked`: there was no room for the question (open files, memory), which says nothing about who was to answer. */
export type ProbeResult =
  { readonly ok: true } | { readonly ok: false; readonly detail: string; readonly isUnasked?: boolean };

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
