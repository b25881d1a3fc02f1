/** Asks once whether a TCP connection is accepted. */
import { connect } from 'node:net';
import type { ProbeResult } from '../../ports/network-prober.js';
import { failedProbe } from './probe-detail.js';

/** Resolves with the verdict; never rejects. An abort of `signal` closes the connection. */
export function connectTcp(host: string, port: number, signal: AbortSignal): Promise<ProbeResult> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve) => {
    const fail = (cause: unknown): void => resolve(failedProbe(address, cause));
    try {
      const socket = connect({ host, port, signal });
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.destroy();
        resolve({ ok: true });
      });
    } catch (cause: unknown) {
      fail(cause);
    }
  });
}
