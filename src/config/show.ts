/** Shows the settings in force, section by section, each value with where it came from and no secret among them. */
import { safeText } from '../domain/safe-text.js';
import type { KeySpec, KeyTable } from './key.js';
import { describeOrigin, type Origin, type RawSection } from './origin.js';
import { usesDefaultSection } from './process-sections.js';
import { writeValue } from './read-value.js';
import { resolveProcess, type ResolvedSections } from './resolve.js';
import { DEFAULT_PROCESS_SECTION, FIXED_SECTION_NAMES, keysOf, processNameOf, sectionOf } from './schema.js';

/** Plain data: what `config show --json` prints. */
export interface SettingsSection {
  /** For example `monitor` or `process.sshd`. */
  readonly name: string;
  readonly values: readonly SettingsValue[];
}

export interface SettingsValue {
  readonly key: string;
  /** As it is written in the file; null: not set. A secret that is set reads `********`. */
  readonly text: string | null;
  readonly isSecret: boolean;
  readonly origin: Origin;
  /** The same in words: `config.ini:17`. */
  readonly from: string;
}

const MASK = '********';

/** Described when they are asked for: of thousands of sections nobody looks at but a person, or at a change of the settings. */
export interface SettingsOrigins {
  /** Fixed sections first, then `[process.default]` where it counts, then the processes in the order of the file. */
  readonly names: readonly string[];
  /** null: there is none of that name. */
  section(name: string): SettingsSection | null;
  all(): readonly SettingsSection[];
}

export function originsIn(resolved: ResolvedSections): SettingsOrigins {
  const names = (): readonly string[] => {
    const isDefaultShown = resolved.hasDefaultSection || usesDefaultSection(resolved);
    const shownDefault = isDefaultShown ? [DEFAULT_PROCESS_SECTION] : [];
    return [...FIXED_SECTION_NAMES, ...shownDefault, ...[...resolved.processes.keys()].map(sectionOf)];
  };
  const section = (name: string): SettingsSection | null => {
    const raw = rawSection(resolved, name);
    return raw === null ? null : describeSection(name, raw);
  };
  return {
    get names() {
      return names();
    },
    section,
    all: () => names().flatMap((name) => section(name) ?? []),
  };
}

function rawSection(resolved: ResolvedSections, section: string): RawSection | null {
  const fixed = FIXED_SECTION_NAMES.find((name) => name === section);
  if (fixed !== undefined) return resolved.fixed[fixed];
  if (section === DEFAULT_PROCESS_SECTION) return resolved.processDefault;
  const name = processNameOf(section);
  return name !== null && resolved.processes.has(name) ? resolveProcess(resolved, name) : null;
}

/**
 * The same as INI text; reading it gives the same settings, the password apart. Values with one origin stand together
 * under a comment that names it, what was set before what was left at its default.
 */
export function renderSettings(sections: readonly SettingsSection[]): string {
  return sections.map(renderSection).join('\n');
}

function describeSection(name: string, raw: RawSection): SettingsSection {
  const keys = keysOf(name) ?? {};
  return { name, values: Object.entries(keys).map(([key, spec]) => describeValue(name, key, spec, raw)) };
}

function describeValue(section: string, key: string, spec: KeySpec<unknown>, raw: RawSection): SettingsValue {
  const value = raw.get(key);
  if (value === undefined) throw new Error(`a section without ${key} was resolved: ${section}`);
  const isSecret = spec.reading === 'secret';
  return {
    key,
    text: isSecret && value.text !== null ? MASK : value.text,
    isSecret,
    origin: value.origin,
    from: describeOrigin(value.origin, section),
  };
}

function renderSection({ name, values }: SettingsSection): string {
  const keys = keysOf(name) ?? {};
  const shown = values.filter(({ text, origin }) => text !== null || origin.kind !== 'default');
  const isDefault = ({ origin }: SettingsValue): boolean => origin.kind === 'default';
  const ordered = [...shown.filter((value) => !isDefault(value)), ...shown.filter(isDefault)];
  const lines = [`[${name}]`];
  let lastFrom: string | null = null;
  for (const value of ordered) {
    if (value.from !== lastFrom) lines.push(`; ${safeText(value.from)}`);
    lastFrom = value.from;
    lines.push(renderValue(value, keys));
  }
  return `${lines.join('\n')}\n`;
}

function renderValue({ key, text, isSecret }: SettingsValue, keys: KeyTable): string {
  const spec = keys[key];
  if (isSecret) return `; ${key} = ${text ?? ''}`.trimEnd();
  const written = text === null || spec === undefined ? '' : writeValue(text, spec.reading);
  return written === '' ? `${key} =` : `${key} = ${written}`;
}
