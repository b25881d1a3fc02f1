/** What differs between two readings of the settings, and which of it takes a restart of the monitor. */
import type { LoadedSettings } from './settings-from-text.js';
import type { SettingsSection, SettingsValue } from './show.js';

export interface SettingsChanges {
  /** In force from now on, each in words: `monitor.check_interval = 5 (was 30)`. */
  readonly changes: readonly string[];
  /** In force once the monitor is restarted, in the same words. */
  readonly pending: readonly string[];
}

/** Which database, which rows, which memory, which door and which way to systemd: a monitor is one for all its life. */
const NEEDS_RESTART: ReadonlySet<string> = new Set([
  'database.engine',
  'database.host',
  'database.port',
  'database.socket',
  'database.database',
  'database.own_database',
  'database.path',
  'host.host_id',
  'host.ownership',
  'host.standby',
  'host.lease_time',
  'monitor.state_dir',
  'monitor.run_directory',
  'monitor.unit_manager',
]);

/** A file database is opened once. */
const NEEDS_RESTART_FOR_FILE: ReadonlySet<string> = new Set([
  'database.query_timeout',
  'database.write_back',
  'database.claims',
]);

/** `started`: what the monitor began with; `before`: what was read last. No secret is in the words. */
export function changesBetween(started: LoadedSettings, before: LoadedSettings, now: LoadedSettings): SettingsChanges {
  const isFile = started.settings.database.engine === 'sqlite';
  const needsRestart = (name: string): boolean =>
    NEEDS_RESTART.has(name) || (isFile && NEEDS_RESTART_FOR_FILE.has(name));
  return {
    changes: [...differences(before, now, (name) => !needsRestart(name)), ...passwordChange(before, now)],
    pending: differences(started, now, needsRestart),
  };
}

function differences(
  before: LoadedSettings,
  now: LoadedSettings,
  counts: (name: string) => boolean,
): readonly string[] {
  const current = new Set(now.origins.names);
  const old = new Set(before.origins.names);
  const gone = [...old].filter((name) => !current.has(name) && counts(name)).map((name) => `[${name}] is gone`);
  // One section at a time, for there may be thousands.
  const changed = [...current].flatMap((name) => {
    const section = now.origins.section(name);
    const earlier = old.has(name) ? before.origins.section(name) : null;
    return section === null ? [] : sectionDifferences(name, earlier, section, counts);
  });
  return [...gone, ...changed];
}

function sectionDifferences(
  name: string,
  before: SettingsSection | null,
  now: SettingsSection,
  counts: (name: string) => boolean,
): readonly string[] {
  if (before === null) return counts(name) ? [`[${name}] is new`] : [];
  const old = new Map(before.values.map((value) => [value.key, value.text]));
  return now.values
    .filter(({ key, text, isSecret }) => !isSecret && text !== old.get(key) && counts(`${name}.${key}`))
    .map((value) => inWords(name, value, old.get(value.key) ?? null));
}

function inWords(section: string, { key, text }: SettingsValue, before: string | null): string {
  const shown = (value: string | null): string => value ?? 'not set';
  return `${section}.${key} = ${shown(text)} (was ${shown(before)})`;
}

function passwordChange(before: LoadedSettings, now: LoadedSettings): readonly string[] {
  const passwordOf = ({ settings: { database } }: LoadedSettings): string | null =>
    database.engine === 'mysql' ? database.password : null;
  return passwordOf(before) === passwordOf(now) ? [] : ['database.password'];
}
