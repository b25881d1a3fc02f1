/** `migrate`: what a person with rights lets us change about the tables, shown, done or taken away. */
import type { MigrationOutcome } from '../adapters/mysql/migrate-mysql.js';
import { readTrustedFile } from '../config/files.js';
import type { Settings } from '../config/settings.js';
import { mysqlOptions } from './open-store.js';
import { createSystemPorts } from './system-ports.js';

export type { MigrationLine, MigrationReport } from '../adapters/mysql/migrate-mysql.js';

/** What the person wants, and whom to log in as; null: as the settings say. */
export interface MigrationRequest {
  readonly direction: 'migrate' | 'revert';
  readonly isDryRun: boolean;
  readonly mayBeVisible: boolean;
  readonly user: string | null;
  /** Holds the password of `user`; null: log in without one. */
  readonly passwordFile: string | null;
}

export type MigrateResult =
  | MigrationOutcome
  /** The file database needs nothing. */
  | { readonly kind: 'not_needed' }
  | { readonly kind: 'bad_password_file'; readonly detail: string };

const SILENT = { emit: (): void => undefined };

/** Throws `StoreError` where the database does not answer. */
export async function migrate(settings: Settings, request: MigrationRequest): Promise<MigrateResult> {
  const { database, host } = settings;
  if (database.engine !== 'mysql') return { kind: 'not_needed' };
  const { clock, random } = createSystemPorts(SILENT);
  const login = loginOf(request);
  if (typeof login === 'string') return { kind: 'bad_password_file', detail: login };
  const options = { ...mysqlOptions(database, host, { clock, random }), ...login };
  const { direction, isDryRun, mayBeVisible } = request;
  const wish = { direction, isDryRun, mayBeVisible, monitorUser: database.user };
  const { migrateMysql } = await import('../adapters/mysql/migrate-mysql.js');
  return migrateMysql(options, wish, { clock, random, signal: new AbortController().signal });
}

/** A text says what is wrong with the password file. */
function loginOf({
  user,
  passwordFile,
}: MigrationRequest): string | { readonly user?: string; readonly password?: () => Promise<string | null> } {
  if (user === null && passwordFile === null) return {};
  const named = user === null ? {} : { user };
  if (passwordFile === null) return { ...named, password: () => Promise.resolve(null) };
  const file = readTrustedFile(passwordFile);
  if (file.kind === 'refused') return `${passwordFile}: ${file.problem}`;
  if (file.othersMayRead) return `${passwordFile} can be read by everybody: chmod o-r ${passwordFile}`;
  const password = file.text.replace(/\r?\n$/, '');
  return { ...named, password: () => Promise.resolve(password) };
}
