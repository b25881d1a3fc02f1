/** Which sections there are and which keys each holds. */
import type { KeyTable } from './key.js';
import { DATABASE_KEYS, HOST_KEYS, LOGGING_KEYS, SELF_RECOVERY_KEYS } from './keys-fixed.js';
import { MONITOR_KEYS } from './keys-monitor.js';
import { PROCESS_KEYS } from './keys-process.js';

/** The sections that stand once, in the order of the manual. */
export const FIXED_SECTIONS = {
  database: DATABASE_KEYS,
  monitor: MONITOR_KEYS,
  logging: LOGGING_KEYS,
  host: HOST_KEYS,
  self_recovery: SELF_RECOVERY_KEYS,
} satisfies Readonly<Record<string, KeyTable>>;

export type FixedSection = keyof typeof FIXED_SECTIONS;

export const FIXED_SECTION_NAMES = Object.keys(FIXED_SECTIONS) as readonly FixedSection[];

/** What a process without a section of its own, and a key left out of one, falls back to. */
export const DEFAULT_PROCESS_SECTION = 'process.default';
const PROCESS_PREFIX = 'process.';

/** The process that `[process.NAME]` is for, literally; null: another kind of section, or no name. */
export function processNameOf(section: string): string | null {
  const name = section.startsWith(PROCESS_PREFIX) ? section.slice(PROCESS_PREFIX.length) : '';
  return name === '' || section === DEFAULT_PROCESS_SECTION ? null : name;
}

/** The section for a process by its name in the database. */
export function sectionOf(processName: string): string {
  return `${PROCESS_PREFIX}${processName}`;
}

/** The keys that a section may hold; null: there is no such section. */
export function keysOf(section: string): KeyTable | null {
  if (Object.hasOwn(FIXED_SECTIONS, section)) return FIXED_SECTIONS[section as FixedSection];
  if (section === DEFAULT_PROCESS_SECTION) return DEFAULT_PROCESS_KEYS;
  return processNameOf(section) === null ? null : PROCESS_KEYS;
}

/** Every section by name with its keys, `[process.NAME]` under that very name: for the manual and for suggestions. */
export const ALL_SECTIONS: ReadonlyMap<string, KeyTable> = new Map<string, KeyTable>([
  ...Object.entries(FIXED_SECTIONS),
  ['process.NAME', PROCESS_KEYS],
]);

const DEFAULT_PROCESS_KEYS: KeyTable = Object.fromEntries(
  Object.entries(PROCESS_KEYS).filter(([, spec]) => !spec.isOwnSectionOnly),
);
