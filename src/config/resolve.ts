/** Puts the layers over each other: for every key of every section the value in force, and where it came from. */
import type { KeyTable } from './key.js';
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
  /** By process name, in the order of the file. */
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
    processes: resolveProcesses(layers.file, processDefault),
    hasDefaultSection: layers.file.has(DEFAULT_PROCESS_SECTION),
  };
}

function resolveProcesses(file: Layer, processDefault: RawSection): ReadonlyMap<string, RawSection> {
  const processes = new Map<string, RawSection>();
  for (const [section, own] of file) {
    const name = processNameOf(section);
    if (name === null) continue;
    processes.set(name, resolveSection(sectionOf(name), keysOf(section) ?? {}, [own, processDefault]));
  }
  return processes;
}

function pick(section: string, layers: readonly Layer[]): readonly RawSection[] {
  return layers.map((layer) => layer.get(section) ?? NOTHING_SET);
}

function resolveSection(section: string, keys: KeyTable, sources: readonly RawSection[]): RawSection {
  const resolved = new Map<string, RawValue>();
  for (const [key, spec] of Object.entries(keys)) {
    const source = sources.find((candidate) => candidate.has(key));
    const unset: RawValue = { text: spec.fallback, origin: { kind: 'default', source: '', line: null, section } };
    resolved.set(key, source?.get(key) ?? unset);
  }
  for (const [key, boundKey] of BOUNDED_PAIRS) widen(resolved, key, boundKey);
  return resolved;
}

function widen(resolved: Map<string, RawValue>, key: string, boundKey: string): void {
  const [value, bound] = [resolved.get(key), resolved.get(boundKey)];
  if (value === undefined || bound?.origin.kind !== 'default') return;
  if (Number(value.text) > Number(bound.text)) resolved.set(boundKey, { ...bound, text: value.text });
}
