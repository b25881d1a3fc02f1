/** Advice on values that are allowed and may still not mean what the operator thinks. */
import { noticeIssue, quoted, type ConfigIssue, type IssueParts } from './issues.js';
import type { KeySpec } from './key.js';
import { CUT_BY_PREDECESSOR } from './predecessor.js';

/** Read from the file before any check; `raw` is the value as written. Never shows a secret. */
export function adviseOnEntry(spec: KeySpec<unknown>, raw: string, at: IssueParts): readonly ConfigIssue[] {
  const notice = (problem: string, suggestion: string | null = null): ConfigIssue =>
    noticeIssue({ ...at, problem, suggestion });
  if (spec.reading === 'secret') return adviseOnSecret(raw).map((problem) => notice(problem));
  const advice: ConfigIssue[] = [];
  if (spec.isCommand) advice.push(...adviseOnCommand(raw).map(([problem, instead]) => notice(problem, instead)));
  if (spec.reading === 'text' && /\s[;#]/.test(raw)) {
    advice.push(notice('the text after ; or # is part of the value', 'put comments on lines of their own'));
  }
  if (at.key === 'circuit_reset_time' && SAMPLE_RESET_TIMES.has(raw)) advice.push(notice(ONE_TRIAL));
  const cut = CUT_BY_PREDECESSOR.has(at.key ?? '') ? oldReading(raw) : null;
  if (cut !== null) {
    advice.push(notice(`the predecessor read only ${quoted(cut)}, now all of it counts: ${quoted(raw)}`));
  }
  return advice;
}

// The values of the predecessor's sample files: who kept one may not know what it means now.
const SAMPLE_RESET_TIMES: ReadonlySet<string> = new Set(['600', '1800']);
const ONE_TRIAL =
  'after this time one trial is made, and a failed one makes the next wait longer; the predecessor began anew';

/** What the predecessor made of a value: it cut it at its first `=`. null: the same. */
function oldReading(raw: string): string | null {
  const equals = raw.indexOf('=');
  return equals === -1 ? null : raw.slice(0, equals).trimEnd();
}

function adviseOnSecret(raw: string): readonly string[] {
  const advice: string[] = [];
  if (raw.includes('=')) advice.push("the predecessor cut it at its first '=', now all of it counts");
  if (raw.includes('#')) advice.push("the predecessor's client cut it at '#', now all of it counts");
  if (/^(["']).*\1$/.test(raw))
    advice.push("the quotes around it are part of it; the predecessor's client took them off");
  return advice;
}

const COMMAND_ADVICE: readonly (readonly [pattern: RegExp, problem: string, instead: string])[] = [
  [/\binitctl\b/, 'initctl belongs to Upstart and is gone from hosts with systemd', 'write systemctl restart NAME'],
  [
    /\bservice\s+\S+\s+(?:restart|start|stop)\b/,
    'service(8) hides the result of systemd',
    'write systemctl restart NAME',
  ],
  [
    /\bp(?:grep|kill)\b(?![^|;&]*\s-(?:-exact\b|[A-Za-z]*x))/,
    'pgrep and pkill without -x match every name that contains the word, and see only 15 characters of it',
    'write pgrep -x NAME',
  ],
];

function adviseOnCommand(line: string): readonly (readonly [problem: string, instead: string])[] {
  return COMMAND_ADVICE.filter(([pattern]) => pattern.test(line)).map(([, problem, instead]) => [problem, instead]);
}
