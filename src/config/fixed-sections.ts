/** Checks the sections that stand once, and hands out their values when nothing was wrong. */
import type { FixedValues } from './build-settings.js';
import { checkDatabase } from './check-database.js';
import { checkBounds } from './check-process.js';
import type { ConfigIssue } from './issues.js';
import type { Place } from './origin.js';
import { allValues, parseSection, type ParsedSection } from './parse-section.js';
import type { ResolvedSections } from './resolve.js';
import { FIXED_SECTIONS, type FixedSection } from './schema.js';

export interface Checked<Values> {
  readonly issues: readonly ConfigIssue[];
  /** Only when no check anywhere found an error. */
  readonly values: () => Values;
}

/** `placeOf` says where a section begins, for what is missing in it. */
export function checkFixedSections(
  { fixed }: ResolvedSections,
  placeOf: (section: string) => Place,
): Checked<FixedValues> {
  const parse = <Section extends FixedSection>(section: Section): ParsedSection<(typeof FIXED_SECTIONS)[Section]> =>
    parseSection({ section, raw: fixed[section] }, FIXED_SECTIONS[section]);
  const [database, monitor, logging] = [parse('database'), parse('monitor'), parse('logging')];
  const [host, selfRecovery] = [parse('host'), parse('self_recovery')];
  return {
    issues: [
      ...[database, monitor, logging, host, selfRecovery].flatMap((section) => section.issues),
      ...checkDatabase(fixed.database, database.values, placeOf('database')),
      ...checkBounds('monitor', fixed.monitor),
    ],
    values: () => ({
      database: allValues(FIXED_SECTIONS.database, database),
      monitor: allValues(FIXED_SECTIONS.monitor, monitor),
      logging: allValues(FIXED_SECTIONS.logging, logging),
      host: allValues(FIXED_SECTIONS.host, host),
      selfRecovery: allValues(FIXED_SECTIONS.self_recovery, selfRecovery),
    }),
  };
}
