/** Opens a connection to the bus, whichever of its addresses answers. */
import { DEFAULT_SYSTEM_BUS, socketPaths } from './bus-address.js';
import { BusConnection, type CallResult, type ConnectionListeners } from './bus-connection.js';
import type { Deadline } from './deadline.js';

export interface OpenedBus {
  readonly connection: BusConnection;
  /** What greeted us: the connection may be used after a reply only. */
  readonly greeting: CallResult;
}

/** `addresses`: as in `DBUS_SYSTEM_BUS_ADDRESS`; null: where the bus of a system always is. Resolves null where none is a unix socket. */
export async function openBus(
  addresses: string | null,
  listeners: ConnectionListeners,
  deadline: Deadline,
): Promise<OpenedBus | null> {
  const [first, ...others] = socketPaths(addresses ?? DEFAULT_SYSTEM_BUS);
  if (first === undefined) return null;
  let opened = await BusConnection.open(first, listeners, deadline);
  for (const path of others) {
    if (opened.greeting.kind === 'reply') break;
    opened = await BusConnection.open(path, listeners, deadline);
  }
  return opened;
}
