/** What the MySQL adapter must be told: plain data, made from the settings by whoever wires the program. */

/** Where a server listens. */
export type ServerAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string };

/** PEM texts, not paths; null: none. */
export interface TlsOptions {
  /** `required`: encrypted, the server not proved; `verify`: its certificate and its name are proved. */
  readonly mode: 'off' | 'required' | 'verify';
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

export interface MysqlOptions {
  /** Tried in order; at least one. */
  readonly servers: readonly ServerAddress[];
  readonly user: string;
  /** Asked at each new connection, so that a changed password is found; null: log in without one. */
  readonly password: () => Promise<string | null>;
  readonly database: string;
  readonly tls: TlsOptions;
  /** From the first packet to the end of the login, and for a free place in the pool. */
  readonly connectTimeoutMs: number;
  /** For each statement. */
  readonly queryTimeoutMs: number;
  readonly poolSize: number;
  readonly writeBack: 'auto' | 'always' | 'never';
  /** `off`: no row is marked, and no sequence number read. */
  readonly claims: 'auto' | 'off';
  /** Database of our own tables; null: that of the alarms. */
  readonly ownDatabase: string | null;
  /** Only rows of this host; null: no filter. */
  readonly hostId: number | null;
  /** How to be the one monitor that acts on these rows; null: all do that can reach them. */
  readonly lease: LeaseTerms | null;
}

export interface LeaseTerms {
  /** Whose rows it is about: all monitors of the same rows use the same name. Up to 190 characters. */
  readonly name: string;
  /** This monitor, for people: the host and the process. */
  readonly holder: { readonly host: string; readonly pid: number };
  /** After this long without a sign of life of the owner another takes over. The same for all monitors of a name. */
  readonly timeMs: number;
}

/** Example: `db1:3306`, `[::1]:3306`, `/run/mysqld/mysqld.sock`. */
export function nameOf(address: ServerAddress): string {
  if (address.kind === 'socket') return address.path;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
