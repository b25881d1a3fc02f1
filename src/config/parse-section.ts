/** Checks the texts of one section against its table and turns them into values. */
import { errorIssue, type ConfigIssue } from './issues.js';
import type { KeySpec, KeyTable, SectionValues } from './key.js';
import { issuePlace, type RawSection, type RawValue } from './origin.js';

export interface ParsedSection<Table extends KeyTable> {
  /** A key is missing where its text was wrong. */
  readonly values: Partial<SectionValues<Table>>;
  readonly issues: readonly ConfigIssue[];
}

/** What a section inherits from: its values as they were parsed once. */
export interface ParsedBase {
  readonly raw: RawSection;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Values inherited from another section are used, but judged only there, so that one mistake is told once. What is the very
 * value of `base` is not parsed again: it is the same in thousands of sections.
 */
export function parseSection<Table extends KeyTable>(
  { section, raw }: { readonly section: string; readonly raw: RawSection },
  keys: Table,
  base: ParsedBase | null = null,
): ParsedSection<Table> {
  const values = new Map<string, unknown>();
  const issues: ConfigIssue[] = [];
  for (const [key, spec] of Object.entries(keys)) {
    const value = raw.get(key);
    if (value === undefined) continue;
    if (base !== null && base.raw.get(key) === value) {
      if (Object.hasOwn(base.values, key)) values.set(key, base.values[key]);
      continue;
    }
    const parsed = spec.schema.safeParse(value.text);
    if (parsed.success) values.set(key, parsed.data);
    else if (value.origin.section === section) issues.push(wrongValue(key, spec, value));
  }
  return { values: Object.fromEntries(values) as Partial<SectionValues<Table>>, issues };
}

/** All values of a section that had no issue, nor had those it inherits from; anything else is a bug of ours. */
export function allValues<Table extends KeyTable>(keys: Table, parsed: ParsedSection<Table>): SectionValues<Table> {
  const missing = Object.keys(keys).filter((key) => !Object.hasOwn(parsed.values, key));
  if (missing.length > 0) throw new Error(`settings without a value passed the check: ${missing.join(', ')}`);
  return parsed.values as SectionValues<Table>;
}

function wrongValue(key: string, spec: KeySpec<unknown>, value: RawValue): ConfigIssue {
  const found = spec.reading === 'secret' || value.text === null ? null : withoutLogin(value.text);
  const problem = value.text === '' ? 'empty' : 'not allowed';
  return errorIssue({ ...issuePlace(value.origin), key, problem, found, allowed: spec.allowed });
}

// An address with a login is refused, and must not be shown while saying so.
function withoutLogin(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@');
}
