/** How to dial a server and what to tell mysql2 about the connection. */
import { connect, isIP, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'mysql2';
import { StoreError } from '../../ports/store-error.js';
import { nameOf, type MysqlOptions, type ServerAddress, type TlsOptions } from './options.js';

const KEEP_ALIVE_AFTER_MS = 10_000;

/** Starts connecting; the socket tells the rest by its events. */
export function dial(address: ServerAddress): Socket {
  if (address.kind === 'socket') return connect({ path: address.path });
  const { host, port } = address;
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS });
}

/** Everything but the socket. */
export function clientOptions(
  address: ServerAddress,
  options: MysqlOptions,
  password: string | null,
): ConnectionOptions {
  return {
    ...(address.kind === 'tcp' ? { host: address.host, port: address.port } : { socketPath: address.path }),
    user: options.user,
    ...(password === null ? {} : { password }),
    database: options.database,
    ...(options.tls.mode === 'off' ? {} : { ssl: tlsMaterial(options.tls) }),
    // Our own deadline covers dialling, login and session together.
    connectTimeout: 0,
    // The default prepares room for 16,000 statements on each connection.
    maxPreparedStatements: 64,
    flags: ['-LOCAL_FILES'],
    dateStrings: true,
    supportBigNumbers: true,
  };
}

interface TlsMaterial {
  readonly rejectUnauthorized: boolean;
  readonly verifyIdentity: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

function tlsMaterial(tls: TlsOptions): TlsMaterial {
  const isProved = tls.mode === 'verify';
  return {
    rejectUnauthorized: isProved,
    verifyIdentity: isProved,
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
  };
}

/** Throws `StoreError` for what mysql2 would trip over in the middle of a handshake, where nothing catches it. */
export function checkTls(address: ServerAddress, tls: TlsOptions): void {
  if (tls.mode === 'off') return;
  const refuse = (reason: string, cause: unknown): StoreError =>
    new StoreError(`connect to ${nameOf(address)}: ${reason}`, 'configuration', false, { cause });
  if (tls.mode === 'verify' && address.kind === 'tcp' && isIP(address.host) !== 0) {
    throw refuse('ssl = verify proves a name: set host to the name in the server’s certificate', undefined);
  }
  try {
    createSecureContext(tlsMaterial(tls));
  } catch (cause) {
    throw refuse(`ssl_ca, ssl_cert or ssl_key cannot be used: ${String(cause)}`, cause);
  }
}
