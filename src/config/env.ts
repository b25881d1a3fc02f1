/** Settings from the environment: `MONITOR_<SECTION>_<KEY>`, and the short names of the most used ones. */
import type { Environment } from './environment.js';
import { errorIssue, type ConfigIssue } from './issues.js';
import { didYouMean } from './nearest.js';
import { LayerBuilder, type Layer, type RawValue } from './origin.js';
import { readValue, trimBlanks } from './read-value.js';
import { DEFAULT_PROCESS_SECTION, FIXED_SECTION_NAMES, keysOf } from './schema.js';
import type { KeySpec } from './key.js';

/** Names the settings file, where no option does. */
export const CONFIG_FILE_VARIABLES = ['MONITOR_CONFIG', 'CONFIG_FILE'] as const;

const PREFIX = 'MONITOR_';

const SHORT_NAMES: readonly (readonly [name: string, section: string, key: string])[] = [
  ['MONITOR_DB_HOST', 'database', 'host'],
  ['MONITOR_DB_PORT', 'database', 'port'],
  ['MONITOR_DB_USER', 'database', 'user'],
  ['MONITOR_DB_PASSWORD', 'database', 'password'],
  ['MONITOR_DB_PASSWORD_FILE', 'database', 'password_file'],
  ['MONITOR_DB_DATABASE', 'database', 'database'],
  ['MONITOR_CHECK_INTERVAL', 'monitor', 'check_interval'],
  ['MONITOR_LOG_LEVEL', 'logging', 'level'],
];

// What systemd itself hands to a unit started by another's OnFailure= or OnSuccess=: no settings.
const NOT_OURS: ReadonlySet<string> = new Set([
  'MONITOR_SERVICE_RESULT',
  'MONITOR_EXIT_CODE',
  'MONITOR_EXIT_STATUS',
  'MONITOR_INVOCATION_ID',
  'MONITOR_UNIT',
  ...CONFIG_FILE_VARIABLES,
]);

interface Target {
  readonly section: string;
  readonly key: string;
  readonly spec: KeySpec<unknown>;
}

/** The user that this program runs as, by number. */
export function ownUserId(): number {
  return process.geteuid?.() ?? 0;
}

/** The variables that set a key, the short one first; none for a key of `[process.NAME]` alone. */
export function variablesFor(section: string, key: string): readonly string[] {
  return [...TARGETS].filter(([, target]) => target.section === section && target.key === key).map(([name]) => name);
}

/** What the environment sets. An empty variable counts as not set; an unknown `MONITOR_` name is a mistake. */
export function readEnvironment(environment: Environment): {
  readonly layer: Layer;
  readonly issues: readonly ConfigIssue[];
} {
  const builder = new LayerBuilder();
  const issues: ConfigIssue[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || NOT_OURS.has(name) || value === undefined || value === '') continue;
    const problem = takeVariable(builder, name, value);
    if (problem !== null) issues.push(problem);
  }
  return { layer: builder.layer, issues };
}

function takeVariable(builder: LayerBuilder, name: string, value: string): ConfigIssue | null {
  const source = `environment ${name}`;
  const target = TARGETS.get(name);
  if (target === undefined) {
    return errorIssue({ source, problem: 'unknown variable', suggestion: didYouMean(name, TARGETS.keys()) });
  }
  const { section, key, spec } = target;
  const other = builder.section(section).get(key);
  if (other !== undefined) {
    return errorIssue({ source, section, key, problem: `set twice, also by ${other.origin.source}` });
  }
  if (/[\p{Cc}\ufffd]/u.test(value)) {
    return errorIssue({ source, section, key, problem: 'holds a control character or a byte that is not UTF-8' });
  }
  builder.set(section, key, rawValue(name, value, target));
  return spec.reading === 'secret' && value.trim() === ''
    ? errorIssue({ source, section, key, problem: 'blank', allowed: spec.allowed })
    : null;
}

function rawValue(name: string, value: string, { section, spec }: Target): RawValue {
  const text = spec.reading === 'secret' ? value : readValue(trimBlanks(value), spec.reading);
  return { text, origin: { kind: 'environment', source: name, line: null, section } };
}

function everyTarget(): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  const add = (name: string, section: string, key: string): void => {
    const spec = keysOf(section)?.[key];
    if (spec !== undefined) targets.set(name, { section, key, spec });
  };
  for (const [name, section, key] of SHORT_NAMES) add(name, section, key);
  for (const section of [...FIXED_SECTION_NAMES, DEFAULT_PROCESS_SECTION]) {
    for (const key of Object.keys(keysOf(section) ?? {})) {
      add(`${PREFIX}${section}_${key}`.replace(/\W/g, '_').toUpperCase(), section, key);
    }
  }
  return targets;
}

const TARGETS = everyTarget();
