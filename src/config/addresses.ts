/** Reads host names, IP addresses and ports as people write them. */
import { isIPv6 } from 'node:net';

export interface Address {
  /** A name or an IP address, an IPv6 one without its brackets. */
  readonly host: string;
  /** null: none was written. */
  readonly port: number | null;
}

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$/;

/** `db1`, `db1:3307`, `10.0.0.5:3306`, `::1`, `[::1]:3306`; null: none of these. */
export function parseAddress(text: string): Address | null {
  // Node's pattern for these is a large one, and compiled at its first use.
  if (text.includes(':') && isIPv6(text)) return { host: text, port: null };
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  const parts = bracketed ?? /^([^:]+)(?::(\d+))?$/.exec(text);
  const host = parts?.[1] ?? '';
  const isHost = bracketed === null ? HOST_NAME.test(host) : isIPv6(host);
  const port = parts?.[2] === undefined ? null : parsePort(parts[2]);
  return isHost && (port !== null || parts?.[2] === undefined) ? { host, port } : null;
}

/** 1 to 65535; null: no port. */
export function parsePort(text: string): number | null {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : null;
}

/** A list, `db1, db2:3307, [::1]:3306`; null where any of it is no address. */
export function parseAddresses(text: string): readonly Address[] | null {
  const addresses = text.split(',').map((part) => parseAddress(part.trim()));
  return addresses.every((address) => address !== null) ? addresses : null;
}
