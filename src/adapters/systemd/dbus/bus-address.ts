/** Where the bus is: addresses as D-Bus writes them. */

export const DEFAULT_SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';

/**
 * The sockets of an address list in their order, as `node:net` takes them: an abstract one begins with a zero. Other
 * transports than unix sockets are left out.
 *
 * Example: `unix:path=/run/dbus/system_bus_socket;unix:abstract=/tmp/x,guid=00ff`
 * Source: D-Bus Specification, "Server Addresses".
 */
export function socketPaths(addresses: string): readonly string[] {
  return addresses.split(';').flatMap((address) => {
    const at = address.indexOf(':');
    if (address.slice(0, Math.max(at, 0)) !== 'unix') return [];
    const pairs = address.slice(at + 1).split(',');
    const keys = new Map(pairs.map((pair) => [pair.slice(0, Math.max(pair.indexOf('='), 0)), valueOf(pair)]));
    const [path, abstract] = [keys.get('path'), keys.get('abstract')];
    if (path !== undefined && path !== '') return [path];
    return abstract === undefined || abstract === '' ? [] : [`\0${abstract}`];
  });
}

function valueOf(pair: string): string {
  const value = pair.slice(pair.indexOf('=') + 1);
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
