/** The state file's text: how it is written, and how it is read without trusting any of it. */
import { hash } from 'node:crypto';
import {
  STATE_VERSION,
  type StoredBreaker,
  type StoredDebt,
  type StoredEvidence,
  type StoredHandling,
  type StoredProcess,
  type StoredState,
  type StoredWatch,
} from '../../domain/stored-state.js';
import type { ProcessIdentity } from '../../domain/unit-state.js';
import {
  type Check,
  count,
  dictionary,
  laterAdded,
  list,
  Mismatch,
  nullable,
  object,
  oneOf,
  text,
  time,
  variant,
} from './checks.js';

export type ParsedState =
  { readonly ok: true; readonly state: StoredState } | { readonly ok: false; readonly detail: string };

const ENVELOPE = /^\{"sha256":"([0-9a-f]{64})","state":(\{.*\})\}\n$/s;

/**
 * One line of JSON; the sum over the state's text tells a flipped bit from a value.
 * Example: `{"sha256":"9f86…","state":{"version":1,"savedAtMs":1767225600000,"processes":{},"hostRestartsAtMs":[]}}`
 */
export function stateText(state: StoredState): string {
  const body = JSON.stringify(state);
  return `{"sha256":"${sumOf(body)}","state":${body}}\n`;
}

/** The sum that stands in a state's text. */
export function sumIn(fileText: string): string {
  return ENVELOPE.exec(fileText)?.[1] ?? '';
}

/** Reads what `stateText` wrote; `detail` says in words what is wrong with anything else. Never throws. */
export function parseState(fileText: string): ParsedState {
  if (fileText === '') return { ok: false, detail: 'the file is empty' };
  const [, sum, body] = ENVELOPE.exec(fileText) ?? [];
  if (sum === undefined || body === undefined) return { ok: false, detail: 'the file is cut off or no state file' };
  if (sum !== sumOf(body)) return { ok: false, detail: 'the content does not match its checksum' };
  try {
    const parsed: unknown = JSON.parse(body);
    version(parsed, 'state');
    return { ok: true, state: storedState(parsed, 'state') };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function sumOf(body: string): string {
  return hash('sha256', body, 'hex');
}

/** Before anything else: the fields of a newer version are unknown, and that would hide the reason. */
function version(value: unknown, path: string): void {
  const found = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (typeof found === 'number' && found > STATE_VERSION) {
    throw new Mismatch(`${path}: written by a newer program (version ${found}, this one knows ${STATE_VERSION})`);
  }
}

const processIdentity = object<ProcessIdentity>({ pid: count, startTicks: count, bootId: text });

const evidence = object<StoredEvidence>({
  unit: nullable(object<NonNullable<StoredEvidence['unit']>>({ id: text, invocationId: text })),
  processes: list(processIdentity),
});

type BreakerOf<Kind extends StoredBreaker['kind']> = Extract<StoredBreaker, { readonly kind: Kind }>;

const breaker: Check<StoredBreaker> = variant<StoredBreaker>({
  closed: object<BreakerOf<'closed'>>({ kind: oneOf('closed'), failures: count }),
  open: object<BreakerOf<'open'>>({ kind: oneOf('open'), untilMs: time, openings: count }),
  half_open: object<BreakerOf<'half_open'>>({ kind: oneOf('half_open'), openings: count }),
  isolated: object<BreakerOf<'isolated'>>({ kind: oneOf('isolated') }),
});

const handling = object<StoredHandling>({
  alarmId: text,
  startedAtMs: time,
  deadlineAtMs: time,
  attempt: count,
  step: nullable(oneOf('pre_restart', 'command', 'unit', 'stop', 'start')),
  stepEnded: laterAdded(oneOf('well')),
  askedBy: laterAdded(oneOf('person')),
  before: evidence,
  claim: laterAdded(text),
});

const debt = object<StoredDebt>({
  kind: oneOf('clear', 'raise'),
  stamp: text,
  sinceMs: time,
  alarmId: text,
  claim: laterAdded(text),
});

/** One process as it is stored. */
export const storedProcess = object<StoredProcess>({
  processName: text,
  breaker,
  restartsAtMs: list(time),
  inFlight: nullable(handling),
  owed: nullable(debt),
  watch: nullable(object<StoredWatch>({ untilMs: time, alarmId: text, after: evidence })),
  handledAtMs: nullable(time),
  refusal: nullable(object<NonNullable<StoredProcess['refusal']>>({ untilMs: time, detail: text })),
});

const storedState = object<StoredState>({
  version: oneOf(STATE_VERSION),
  savedAtMs: time,
  processes: dictionary(storedProcess),
  hostRestartsAtMs: list(time),
});
