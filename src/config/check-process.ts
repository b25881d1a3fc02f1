/** What must fit together in a section on processes, and in the limits of `[monitor]`. */
import { toSystemName } from '../domain/alarm.js';
import { openQuote } from '../domain/open-quote.js';
import { protection } from '../domain/protected-names.js';
import { errorIssue, noticeIssue, type ConfigIssue } from './issues.js';
import type { KeyTable, SectionValues } from './key.js';
import { PROCESS_KEYS } from './keys-process.js';
import { issuePlace, type Place, type RawSection } from './origin.js';
import { BOUNDED_PAIRS } from './resolve.js';

export type ProcessValues = Partial<SectionValues<typeof PROCESS_KEYS>>;

export interface CheckedProcess {
  /** Where the section begins, for what is missing in it. */
  readonly place: Place;
  /** null: `[process.default]`. */
  readonly name: string | null;
  readonly raw: RawSection;
  readonly values: ProcessValues;
  /** Whether such a program is there, by path or by name. */
  readonly isExecutable: (nameOrPath: string) => boolean;
}

/** Values that were wrong in themselves are absent and not judged again. */
export function checkProcess(checked: CheckedProcess): readonly ConfigIssue[] {
  return [...checkStrategy(checked), ...checkSystemName(checked), ...checkProtection(checked), ...checkHealth(checked)];
}

/** A value above its own upper bound, told where one of the two stands. */
export function checkBounds(section: string, raw: RawSection): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  for (const [key, boundKey] of BOUNDED_PAIRS) {
    const [value, bound] = [raw.get(key), raw.get(boundKey)];
    if (value === undefined || bound === undefined || !(Number(value.text) > Number(bound.text))) continue;
    const [told, toldKey] = value.origin.section === section ? [value, key] : [bound, boundKey];
    if (told.origin.section !== section) continue;
    const problem = `${key} (${String(value.text)}) is more than ${boundKey} (${String(bound.text)})`;
    issues.push(errorIssue({ ...issuePlace(told.origin), key: toldKey, problem }));
  }
  return issues;
}

/** A command that no shell would run, told where it stands. */
export function checkCommands(section: string, raw: RawSection): readonly ConfigIssue[] {
  const keys: KeyTable = PROCESS_KEYS;
  return [...raw].flatMap(([key, { text, origin }]) => {
    const quote = text !== null && keys[key]?.isCommand === true ? openQuote(text) : null;
    if (quote === null || origin.section !== section) return [];
    return [errorIssue({ ...issuePlace(origin), key, problem: `has a ${quote} that is never closed` })];
  });
}

function checkStrategy({ place, name, raw, values, isExecutable }: CheckedProcess): readonly ConfigIssue[] {
  const { restart_strategy: strategy, restart_command: restart, start_command: start } = values;
  if (restart === undefined || typeof restart === 'string') return [];
  const at = { ...placeOf('restart_strategy', raw, place), key: 'restart_strategy' };
  if (strategy === 'custom') {
    return [errorIssue({ ...at, problem: 'custom needs a restart_command' })];
  }
  const program = values.system_name ?? name;
  if (strategy !== 'process' || start !== null || program === null || isExecutable(program)) return [];
  const problem = `no program ${program} is found; without a start_command it cannot be started`;
  return [noticeIssue({ ...at, problem })];
}

function checkSystemName({ place, name, raw, values }: CheckedProcess): readonly ConfigIssue[] {
  const { restart_strategy: strategy, system_name: systemName } = values;
  if (name === null || systemName === undefined) return [];
  const at = { ...placeOf('system_name', raw, place), key: 'system_name' };
  const allowPath = strategy === undefined || strategy === 'process';
  if (toSystemName(systemName ?? name, { allowPath }) !== null) return [];
  if (systemName === null) {
    const problem = 'missing: the name of this section cannot be that of a unit or executable';
    return [errorIssue({ ...at, problem, suggestion: 'add system_name = NAME' })];
  }
  const problem = 'a path is allowed only with restart_strategy = process';
  return [errorIssue({ ...at, problem })];
}

/** A section speaks of a restart that will never come: the predecessor restarted anything. */
function checkProtection({ place, name, values }: CheckedProcess): readonly ConfigIssue[] {
  if (name === null || values.allow_protected === undefined) return [];
  const guarded = protection([values.system_name ?? name], values.allow_protected);
  return guarded === null ? [] : [noticeIssue({ ...place, problem: `never restarted as it stands: ${guarded}` })];
}

function checkHealth({ place, name, raw, values }: CheckedProcess): readonly ConfigIssue[] {
  const notices: ConfigIssue[] = [];
  const notice = (key: string, problem: string): void => {
    const value = raw.get(key);
    if (typeof value?.text !== 'string' || value.origin.section !== place.section) return;
    notices.push(noticeIssue({ ...issuePlace(value.origin), key, problem }));
  };
  if (name !== null && values.health_check_url === null) {
    notice('health_check_text', 'has no effect without health_check_url');
  }
  const isRenamed = typeof values.system_name === 'string' && values.system_name !== name;
  if (isRenamed && values.health_check_command?.includes('%s') === true) {
    const problem = `%s stands for the system name, ${String(values.system_name)}; the predecessor put in ${String(name)}`;
    notice('health_check_command', problem);
  }
  return notices;
}

/** Where the value was written in this very section; else where the section begins. */
function placeOf(key: string, raw: RawSection, begin: Place): Place {
  const origin = raw.get(key)?.origin;
  const isHere = origin !== undefined && origin.kind !== 'default' && origin.section === begin.section;
  return isHere ? issuePlace(origin) : begin;
}
