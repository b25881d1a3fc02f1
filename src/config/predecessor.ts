/** The keys of the predecessor that this program does not have under that name, and what each means now. */
import { errorIssue, noticeIssue, type ConfigIssue, type IssueParts } from './issues.js';

/** What became of a key: another key with another value, nothing, or something that must be written anew. */
type Fate =
  | { readonly kind: 'renamed'; readonly key: string; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'gone'; readonly now: string }
  | { readonly kind: 'refused'; readonly instead: string };

/** A predecessor's key read today: a value for another key, or none, and what to tell the operator. */
export interface OldKeyReading {
  readonly replacement: { readonly key: string; readonly text: string } | null;
  readonly issue: ConfigIssue;
}

const SYSTEMD_DOES_IT: Fate = { kind: 'gone', now: 'systemd restarts the monitor when it fails; remove this line' };

const FATES: Readonly<Record<string, Readonly<Record<string, Fate>>>> = {
  logging: {
    json_pretty: { kind: 'gone', now: 'for lines that people read, set format = text' },
    track_restart_stats: { kind: 'gone', now: 'every restart and its duration is in the log' },
    log_level: {
      kind: 'renamed',
      key: 'level',
      values: { debug: 'debug', info: 'info', warning: 'warn', warn: 'warn', error: 'error', critical: 'error' },
    },
    console_output: { kind: 'renamed', key: 'console', values: { true: 'on', false: 'off' } },
    json_logging: { kind: 'renamed', key: 'format', values: { true: 'json', false: 'text' } },
  },
  self_recovery: {
    stale_after_seconds: SYSTEMD_DOES_IT,
    restart_command: SYSTEMD_DOES_IT,
    precheck_command: SYSTEMD_DOES_IT,
  },
};

const PROCESS_FATES: Readonly<Record<string, Fate>> = {
  restart_block_b64: {
    kind: 'refused',
    instead: 'decode it (base64 -d) into a script that root owns and write restart_command = /path/to/script',
  },
  restart_script_path: { kind: 'refused', instead: 'write restart_command = /path/to/script' },
};

/** The predecessor's sections that are gone as a whole, and what to tell. */
export const GONE_SECTIONS: ReadonlyMap<string, string> = new Map([
  ['predictive', 'trends are not watched any more: the section has no effect'],
]);

/** Keys whose values the predecessor cut at a second `=`, among those where one can occur; secrets apart. */
export const CUT_BY_PREDECESSOR: ReadonlySet<string> = new Set([
  'restart_command',
  'pre_restart_command',
  'health_check_command',
  'host',
  'user',
  'database',
]);

/** null: the predecessor had no such key, or it is still known under this name. */
export function readOldKey(section: string, key: string, text: string, at: IssueParts): OldKeyReading | null {
  const table = section.startsWith('process.') ? PROCESS_FATES : FATES[section];
  const fate = table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
  if (fate === undefined) return null;
  const problem = 'a key of the predecessor';
  switch (fate.kind) {
    case 'gone':
      return { replacement: null, issue: noticeIssue({ ...at, problem, suggestion: fate.now }) };
    case 'refused':
      return { replacement: null, issue: errorIssue({ ...at, problem, suggestion: fate.instead }) };
    case 'renamed':
      return readRenamed(fate, text, { ...at, problem });
  }
}

function readRenamed(fate: Extract<Fate, { kind: 'renamed' }>, text: string, at: IssueParts): OldKeyReading {
  const word = text.toLowerCase();
  const value = Object.hasOwn(fate.values, word) ? fate.values[word] : undefined;
  if (value === undefined) {
    const allowed = Object.keys(fate.values).join(', ');
    return { replacement: null, issue: errorIssue({ ...at, found: text, allowed }) };
  }
  const suggestion = `read as ${fate.key} = ${value}`;
  return { replacement: { key: fate.key, text: value }, issue: noticeIssue({ ...at, suggestion }) };
}
