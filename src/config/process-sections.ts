/** Checks the sections on processes, and hands out what policies are made of when nothing was wrong. */
import { checkBounds, checkCommands, checkProcess } from './check-process.js';
import { isExecutable } from './files.js';
import type { Checked } from './fixed-sections.js';
import { PROCESS_KEYS } from './keys-process.js';
import type { Place, RawSection } from './origin.js';
import { allValues, parseSection, type ParsedSection } from './parse-section.js';
import type { PolicySources } from './process-policies.js';
import type { ResolvedSections } from './resolve.js';
import { DEFAULT_PROCESS_SECTION, sectionOf } from './schema.js';

type ParsedProcess = ParsedSection<typeof PROCESS_KEYS>;

/** What `[process.default]` may not hold counts as not set there. */
const NOT_SET = { system_name: null, pid_file: null };

/** `placeOf` says where a section begins, for what is missing in it. */
export function checkProcessSections(
  resolved: ResolvedSections,
  placeOf: (section: string) => Place,
): Checked<Omit<PolicySources, 'shell'>> {
  const parse = (section: string, name: string | null, raw: RawSection): ParsedProcess => {
    const parsed = parseSection(section, PROCESS_KEYS, raw);
    const values = name === null ? { ...NOT_SET, ...parsed.values } : parsed.values;
    const isInUse = name !== null || usesDefaultSection(resolved);
    const unfit = isInUse ? checkProcess({ place: placeOf(section), name, raw, values, isExecutable }) : [];
    // Others may inherit what is wrong here, and it is told nowhere else.
    const inherited = [...checkBounds(section, raw), ...checkCommands(section, raw)];
    return { values, issues: [...parsed.issues, ...inherited, ...unfit] };
  };
  const unlisted = parse(DEFAULT_PROCESS_SECTION, null, resolved.processDefault);
  const listed = [...resolved.processes].map(([name, raw]) => [name, parse(sectionOf(name), name, raw)] as const);
  return {
    issues: [unlisted, ...listed.map(([, parsed]) => parsed)].flatMap((parsed) => parsed.issues),
    values: () => ({
      listed: new Map(listed.map(([name, parsed]) => [name, allValues(PROCESS_KEYS, parsed)])),
      unlisted: usesDefaultSection(resolved) ? allValues(PROCESS_KEYS, unlisted) : null,
    }),
  };
}

/** Whether processes without a section are handled at all; a wrong word in the setting is told elsewhere. */
export function usesDefaultSection({ fixed, hasDefaultSection }: ResolvedSections): boolean {
  const choice = fixed.monitor.get('unlisted_processes')?.text?.toLowerCase();
  return choice === 'default' || (choice === 'auto' && hasDefaultSection);
}
