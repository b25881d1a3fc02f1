/** Each server of the settings by itself: reach, login, rights, tables, rows, clock, and who may own the rows. */
import { finding, type Finding } from '../../domain/finding.js';
import type { DatabaseSettings, Settings } from '../../config/settings.js';
import type { AlarmStore } from '../../ports/alarm-store.js';
import { StoreError } from '../../ports/store-error.js';
import { refuseMissingFile } from '../glance.js';
import { openStore } from '../open-store.js';
import type { DoctorContext } from './context.js';

const ABOUT = 'database';
const WRITES = { full: 'alarm and note', alarm_only: 'the alarm only', none: 'nothing' } as const;
/** Said in more detail, and with what mends them, by the closer look. */
const TOLD_CLOSER = /no primary key|no index on alarma|^one owner: by the lease|^nothing keeps a second monitor/;

export async function examineDatabase(context: DoctorContext): Promise<readonly Finding[]> {
  const { settings } = context;
  if (settings === null) return [finding('skipped', ABOUT, 'needs_settings')];
  const found = await Promise.all(
    serversOf(settings.database).map((server) => examineServer(context, settings, server)),
  );
  const owned = settings.host.ownership === 'off' ? [finding('warning', ABOUT, 'ownership_off')] : [];
  return [...found.flat(), ...owned];
}

/** One after the other is how they are asked in earnest; here each must answer. */
function serversOf(database: DatabaseSettings): readonly DatabaseSettings[] {
  if (database.engine === 'sqlite' || database.socket !== null) return [database];
  return database.hosts.map((host) => ({ ...database, hosts: [host] }));
}

async function examineServer(
  { ports, signal }: DoctorContext,
  settings: Settings,
  database: DatabaseSettings,
): Promise<readonly Finding[]> {
  let store: AlarmStore | null = null;
  try {
    refuseMissingFile(settings);
    store = await openStore({ ...settings, database }, ports);
    return await examineStore(store, signal);
  } catch (cause: unknown) {
    if (!(cause instanceof StoreError)) throw cause;
    return [finding('problem', ABOUT, 'database_failed', { detail: cause.message })];
  } finally {
    await store?.close();
  }
}

async function examineStore(store: AlarmStore, signal: AbortSignal): Promise<readonly Finding[]> {
  const { server, writes, facts, warnings } = await store.probe(signal);
  const closer = (await store.examine?.(signal)) ?? null;
  const untold = (texts: readonly string[]): readonly string[] =>
    closer === null ? texts : texts.filter((text) => !TOLD_CLOSER.test(text));
  return [
    finding('fine', ABOUT, 'database_answers', { server, writes: WRITES[writes] }),
    ...untold(facts).map((text) => finding('fine', ABOUT, 'said', { text })),
    ...untold(warnings).map((text) => finding('warning', ABOUT, 'said', { text })),
    ...(closer ?? []),
  ];
}
