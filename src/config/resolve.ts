/** Puts the layers over each other: for every key of every section the value in force, and where it came from. */
import type { KeySpec, KeyTable } from './key.js';
import { PROCESS_KEYS } from './keys-process.js';
import type { Layer, RawSection, RawValue } from './origin.js';
import {
  DEFAULT_PROCESS_SECTION,
  FIXED_SECTIONS,
  keysOf,
  processNameOf,
  sectionOf,
  type FixedSection,
} from './schema.js';

/** Every section with every key of its table. */
export interface ResolvedSections {
  readonly fixed: Readonly<Record<FixedSection, RawSection>>;
  /** What processes without a section get, whether or not the file has `[process.default]`. */
  readonly processDefault: RawSection;
  /** By process name, in the order of the file: what its section says itself. The whole of one: `resolveProcess`. */
  readonly processes: ReadonlyMap<string, RawSection>;
  /** The file itself has `[process.default]`. */
  readonly hasDefaultSection: boolean;
}

export interface Layers {
  readonly options: Layer;
  readonly environment: Layer;
  readonly file: Layer;
}

const NOTHING_SET: RawSection = new Map();
const OWN_ONLY_KEYS = Object.entries<KeySpec<unknown>>(PROCESS_KEYS).filter(
  ([, { isOwnSectionOnly }]) => isOwnSectionOnly,
);

/**
 * Pairs of a value and its upper bound. An operator who sets only the value, higher than the bound's default, has not
 * asked for the bound.
 */
export const BOUNDED_PAIRS = [
  ['circuit_reset_time', 'circuit_reset_max'],
  ['restart_delay', 'restart_delay_max'],
] as const;

/**
 * Option before environment before file before default. `[process.NAME]` falls back to `[process.default]`, and that,
 * for the limits that both know, to `[monitor]`.
 */
export function resolveSections(layers: Layers): ResolvedSections {
  const byRank = [layers.options, layers.environment, layers.file];
  const resolveFixed = (section: FixedSection): RawSection =>
    resolveSection(section, FIXED_SECTIONS[section], pick(section, byRank));
  const monitor = resolveFixed('monitor');
  const defaultSources = [...pick(DEFAULT_PROCESS_SECTION, byRank), monitor];
  const processDefault = resolveSection(DEFAULT_PROCESS_SECTION, keysOf(DEFAULT_PROCESS_SECTION) ?? {}, defaultSources);
  return {
    fixed: {
      database: resolveFixed('database'),
      monitor,
      logging: resolveFixed('logging'),
      host: resolveFixed('host'),
      self_recovery: resolveFixed('self_recovery'),
    },
    processDefault,
    processes: processesIn(layers.file),
    hasDefaultSection: layers.file.has(DEFAULT_PROCESS_SECTION),
  };
}

/** Made anew at each call, for a host may have thousands of them: what it inherits is the very value of `processDefault`. */
export function resolveProcess({ processes, processDefault }: ResolvedSections, name: string): RawSection {
  const section = sectionOf(name);
  const resolved = new Map(processDefault);
  for (const [key, { fallback }] of OWN_ONLY_KEYS) resolved.set(key, unset(section, fallback));
  for (const [key, value] of processes.get(name) ?? NOTHING_SET) resolved.set(key, value);
  widenBounds(resolved);
  return resolved;
}

function processesIn(file: Layer): ReadonlyMap<string, RawSection> {
  const processes = new Map<string, RawSection>();
  for (const [section, own] of file) {
    const name = processNameOf(section);
    if (name !== null) processes.set(name, own.size === 0 ? NOTHING_SET : own);
  }
  return processes;
}

function pick(section: string, layers: readonly Layer[]): readonly RawSection[] {
  return layers.map((layer) => layer.get(section) ?? NOTHING_SET);
}

function resolveSection(section: string, keys: KeyTable, sources: readonly RawSection[]): RawSection {
  const resolved = new Map<string, RawValue>();
  for (const [key, { fallback }] of Object.entries(keys)) {
    const source = sources.find((candidate) => candidate.has(key));
    resolved.set(key, source?.get(key) ?? unset(section, fallback));
  }
  widenBounds(resolved);
  return resolved;
}

function unset(section: string, fallback: string | null): RawValue {
  return { text: fallback, origin: { kind: 'default', source: '', line: null, section } };
}

function widenBounds(resolved: Map<string, RawValue>): void {
  for (const [key, boundKey] of BOUNDED_PAIRS) widen(resolved, key, boundKey);
}

function widen(resolved: Map<string, RawValue>, key: string, boundKey: string): void {
  const [value, bound] = [resolved.get(key), resolved.get(boundKey)];
  if (value === undefined || bound?.origin.kind !== 'default') return;
  if (Number(value.text) > Number(bound.text)) resolved.set(boundKey, { ...bound, text: value.text });
}
