/** Settings from the file: known keys to values, everything else to an issue that helps. */
import type { IniDocument, IniEntry, IniSection } from './ini.js';
import { errorIssue, noticeIssue, type ConfigIssue, type IssueParts } from './issues.js';
import { adviseOnEntry } from './advice.js';
import { didYouMean, nearest } from './nearest.js';
import { LayerBuilder, type Layer } from './origin.js';
import { GONE_SECTIONS, readOldKey } from './predecessor.js';
import { readValue } from './read-value.js';
import { ALL_SECTIONS, DEFAULT_PROCESS_SECTION, FIXED_SECTION_NAMES, keysOf, processNameOf } from './schema.js';
import type { KeyTable } from './key.js';

/** What the file says, by section in its own order. `source` names it in issues and origins. */
export function readFileLayer(
  document: IniDocument,
  source: string,
): { readonly layer: Layer; readonly issues: readonly ConfigIssue[] } {
  const builder = new LayerBuilder();
  const issues: ConfigIssue[] = [...document.problems];
  for (const section of document.sections) {
    const keys = keysOf(section.name);
    if (keys === null) issues.push(unknownSection(section, source));
    else issues.push(...readSection(builder, section, keys, source));
  }
  return { layer: builder.layer, issues };
}

function readSection(builder: LayerBuilder, section: IniSection, keys: KeyTable, source: string): ConfigIssue[] {
  builder.section(section.name);
  const issues: ConfigIssue[] = [];
  for (const entry of section.entries.values()) {
    const spec = Object.hasOwn(keys, entry.key) ? keys[entry.key] : undefined;
    const at: IssueParts = { source, line: entry.line, section: section.name, key: entry.key, problem: '' };
    if (spec === undefined) {
      issues.push(...readOtherKey(builder, section, entry, at));
      continue;
    }
    const read = readValue(entry.value, spec.reading);
    const isNothing = read === '' && spec.fallback === null && spec.reading !== 'secret';
    const origin = { kind: 'file', source, line: entry.line, section: section.name } as const;
    builder.set(section.name, entry.key, { text: isNothing ? null : read, origin });
    issues.push(...adviseOnEntry(spec, entry.value, at));
  }
  return issues;
}

/** A key that is not in the section's table: the predecessor's, or a mistake. */
function readOtherKey(
  builder: LayerBuilder,
  section: IniSection,
  entry: IniEntry,
  at: IssueParts,
): readonly ConfigIssue[] {
  const old = readOldKey(section.name, entry.key, readValue(entry.value, 'scalar'), at);
  if (old === null) return [unknownKey(section.name, entry.key, at)];
  const { replacement } = old;
  if (replacement !== null && !section.entries.has(replacement.key)) {
    const origin = { kind: 'file', source: at.source, line: entry.line, section: section.name } as const;
    builder.set(section.name, replacement.key, { text: replacement.text, origin });
  }
  return [old.issue];
}

function unknownKey(section: string, key: string, at: IssueParts): ConfigIssue {
  const elsewhere = [...ALL_SECTIONS].find(([name, keys]) => name !== section && Object.hasOwn(keys, key));
  const suggestion =
    elsewhere === undefined || (processNameOf(section) !== null && elsewhere[0] === 'process.NAME')
      ? didYouMean(key, Object.keys(keysOf(section) ?? {}))
      : `it belongs to [${elsewhere[0]}]`;
  return errorIssue({ ...at, problem: 'unknown key', suggestion });
}

function unknownSection(section: IniSection, source: string): ConfigIssue {
  const at = { source, line: section.line, section: section.name };
  const gone = GONE_SECTIONS.get(section.name);
  if (gone !== undefined) {
    return noticeIssue({ ...at, problem: 'a section of the predecessor', suggestion: gone });
  }
  return errorIssue({ ...at, problem: 'unknown section', suggestion: meantSection(section.name) });
}

function meantSection(name: string): string | null {
  if (/^process\W*$/i.test(name)) return `write [process.NAME] or [${DEFAULT_PROCESS_SECTION}]`;
  const [, word = '', process = ''] = /^(\w+)[.: ]+(.+)$/.exec(name) ?? [];
  if (nearest(word, ['process']) !== null) return `did you mean [process.${process}]?`;
  const match = nearest(name, FIXED_SECTION_NAMES);
  return match === null ? null : `did you mean [${match}]?`;
}
