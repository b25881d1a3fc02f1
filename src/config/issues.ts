/** What is wrong, or worth knowing, about the settings: one issue per mistake, and the error that carries them all. */

export interface ConfigIssue {
  /** `error`: the settings are refused. `notice`: they work, and the operator should know this. */
  readonly severity: 'error' | 'notice';
  /** Where it stands: the file as it was named, `environment`, or the option (`--log-level`). */
  readonly source: string;
  /** Line in the file, from 1; null: the whole file, or no file at all. */
  readonly line: number | null;
  /** For example `monitor` or `process.sshd`; null: outside any section. */
  readonly section: string | null;
  readonly key: string | null;
  /** For example `unknown key`. */
  readonly problem: string;
  /** The value as it was found, shortened; never that of a secret. */
  readonly found: string | null;
  /** What would be right, in words. */
  readonly allowed: string | null;
  /** What was probably meant, in words: `did you mean check_interval?`. */
  readonly suggestion: string | null;
}

/** Where an issue stands, and what it says; the rest of a `ConfigIssue` is null. */
export type IssueParts = Pick<ConfigIssue, 'source' | 'problem'> & Partial<ConfigIssue>;

/** An error with everything that is not given set to null. */
export function errorIssue(parts: IssueParts): ConfigIssue {
  return { ...NOTHING, ...parts, severity: 'error' };
}

/** A notice with everything that is not given set to null. */
export function noticeIssue(parts: IssueParts): ConfigIssue {
  return { ...NOTHING, ...parts, severity: 'notice' };
}

const NOTHING = { line: null, section: null, key: null, found: null, allowed: null, suggestion: null };
const LONGEST_SHOWN = 120;

/** One line: `config.ini:17: [monitor] check_intervall: unknown key; did you mean check_interval?` */
export function formatIssue(issue: ConfigIssue): string {
  const place = issue.line === null ? `${issue.source}: ` : `${issue.source}:${String(issue.line)}: `;
  const section = issue.section === null ? '' : `[${issue.section}] `;
  const key = issue.key === null ? '' : `${issue.key}: `;
  const found = issue.found === null || issue.found === '' ? '' : `; found ${quoted(issue.found)}`;
  const allowed = issue.allowed === null ? '' : `; allowed: ${issue.allowed}`;
  const suggestion = issue.suggestion === null ? '' : `; ${issue.suggestion}`;
  return oneLine(`${place}${section}${key}${issue.problem}${found}${allowed}${suggestion}`);
}

/** A value for people: in quotes and cut where it is long. */
export function quoted(text: string): string {
  return `'${text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text}'`;
}

/** By place: what concerns a whole source first, then line by line. */
export function sortIssues(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  return [...issues].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** The settings cannot be used. Holds every mistake at once; the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** One or more, all of severity `error`, by line. */
  readonly issues: readonly ConfigIssue[];
  /** What else was noticed on the way. */
  readonly notices: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[], notices: readonly ConfigIssue[] = []) {
    const sorted = sortIssues(issues);
    super(sorted.map(formatIssue).join('\n'));
    this.issues = sorted;
    this.notices = sortIssues(notices);
  }
}

// Text from a file may hold anything; a message must stay one harmless line on a terminal and in a log.
function oneLine(text: string): string {
  return text.replace(/\p{Cc}|[\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
