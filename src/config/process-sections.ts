/** Checks the sections on processes, and hands out what policies are made of when nothing was wrong. */
import { checkBounds, checkCommands, checkProcess } from './check-process.js';
import { isExecutable } from './files.js';
import type { Checked } from './fixed-sections.js';
import type { ConfigIssue } from './issues.js';
import { PROCESS_KEYS } from './keys-process.js';
import type { Place, RawSection } from './origin.js';
import { allValues, parseSection, type ParsedBase, type ParsedSection } from './parse-section.js';
import type { PolicySources, ProcessValues } from './process-policies.js';
import { resolveProcess, type ResolvedSections } from './resolve.js';
import { DEFAULT_PROCESS_SECTION, sectionOf } from './schema.js';

type ParsedProcess = ParsedSection<typeof PROCESS_KEYS>;

/** What `[process.default]` may not hold counts as not set there. */
const NOT_SET = { system_name: null, pid_file: null };

/** `placeOf` says where a section begins, for what is missing in it. Holds no section for longer than it takes to judge it. */
export function checkProcessSections(
  resolved: ResolvedSections,
  placeOf: (section: string) => Place,
): Checked<Omit<PolicySources, 'shell'>> {
  const judge = (section: string, name: string | null, raw: RawSection, parsed: ParsedProcess): ConfigIssue[] => {
    const values = name === null ? { ...NOT_SET, ...parsed.values } : parsed.values;
    const isInUse = name !== null || usesDefaultSection(resolved);
    const unfit = isInUse ? checkProcess({ place: placeOf(section), name, raw, values, isExecutable }) : [];
    // Others may inherit what is wrong here, and it is told nowhere else.
    return [...parsed.issues, ...checkBounds(section, raw), ...checkCommands(section, raw), ...unfit];
  };
  const raw = resolved.processDefault;
  const parsed = parseSection({ section: DEFAULT_PROCESS_SECTION, raw }, PROCESS_KEYS);
  const unlisted = { ...parsed, values: { ...NOT_SET, ...parsed.values } };
  const base = { raw, values: parsed.values };
  const issues = judge(DEFAULT_PROCESS_SECTION, null, raw, parsed);
  for (const name of resolved.processes.keys()) {
    const own = resolveProcess(resolved, name);
    const section = sectionOf(name);
    issues.push(...judge(section, name, own, parseSection({ section, raw: own }, PROCESS_KEYS, base)));
  }
  return {
    issues,
    values: () => ({
      listed: listedValues(resolved, base),
      unlisted: usesDefaultSection(resolved) ? allValues(PROCESS_KEYS, unlisted) : null,
    }),
  };
}

/** One after another, each parsed anew. */
function* listedValues(resolved: ResolvedSections, base: ParsedBase): Iterable<readonly [string, ProcessValues]> {
  for (const name of resolved.processes.keys()) {
    const raw = resolveProcess(resolved, name);
    yield [name, allValues(PROCESS_KEYS, parseSection({ section: sectionOf(name), raw }, PROCESS_KEYS, base))];
  }
}

/** Whether processes without a section are handled at all; a wrong word in the setting is told elsewhere. */
export function usesDefaultSection({ fixed, hasDefaultSection }: ResolvedSections): boolean {
  const choice = fixed.monitor.get('unlisted_processes')?.text?.toLowerCase();
  return choice === 'default' || (choice === 'auto' && hasDefaultSection);
}
