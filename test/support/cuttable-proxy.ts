/** A way to a server that a test can cut without a goodbye: nothing passes any more, and no side is told. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CuttableProxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** From now on nothing is forwarded, on open connections and on new ones. */
  cut(): void;
  /** What was held back is dropped: connections from before the cut stay dead, new ones work. */
  mend(): void;
  close(): Promise<void>;
}

export async function startCuttableProxy(targetPort: number): Promise<CuttableProxy> {
  let isCut = false;
  const sockets = new Set<Socket>();
  /** Whose other end went away unheard. */
  const left = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    const pair = [client, upstream] as const;
    for (const [from, to] of [pair, [upstream, client] as const]) {
      sockets.add(from);
      let isDead = false;
      from.on('data', (chunk: Buffer) => {
        isDead ||= isCut;
        if (!isDead) to.write(chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        // A cut line carries no goodbye either.
        if (isCut) left.add(to);
        else to.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
    },
    mend: () => {
      isCut = false;
      for (const socket of left) socket.destroy();
      left.clear();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
