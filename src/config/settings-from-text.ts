/** The whole way from INI text, environment and options to settings, without touching the settings file itself. */
import { buildSettings } from './build-settings.js';
import { readEnvironment } from './env.js';
import type { Environment } from './environment.js';
import { readFileLayer } from './file-layer.js';
import { checkFixedSections } from './fixed-sections.js';
import { readIni, type IniDocument } from './ini.js';
import { ConfigError, sortIssues, type ConfigIssue } from './issues.js';
import { LayerBuilder, type Layer, type Place } from './origin.js';
import { findPassword } from './password.js';
import { buildProcessSettings, freezeDeep } from './process-policies.js';
import { checkProcessSections } from './process-sections.js';
import { resolveSections, type ResolvedSections } from './resolve.js';
import { lackOfRoom } from './room.js';
import type { Settings } from './settings.js';
import { originsIn, type SettingsOrigins } from './show.js';

/** One setting from the command line: `{ option: '--log-level', section: 'logging', key: 'level', value: 'debug' }` */
export interface SettingOverride {
  readonly option: string;
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

export interface SettingsRequest {
  /** Names the text in messages and origins. */
  readonly file: string;
  readonly environment: Environment;
  readonly overrides?: readonly SettingOverride[];
  /** More than fits into it is refused; default: nothing is. */
  readonly heapLimitBytes?: number;
}

export interface LoadedSettings {
  /** Frozen all the way down. */
  readonly settings: Settings;
  /** Every key of every section as text, with where it came from; secrets masked. For `config show` and `explain`. */
  readonly origins: SettingsOrigins;
  /** What works and the operator should know, by line. */
  readonly notices: readonly ConfigIssue[];
}

/**
 * Throws `ConfigError` with every mistake at once. Reads the file that holds the password, where one is named.
 * `found`: what is already known to be wrong.
 */
export function settingsFromText(
  text: string,
  request: SettingsRequest,
  found: readonly ConfigIssue[] = [],
): LoadedSettings {
  const file = readFileText(text, request);
  const environment = readEnvironment(request.environment);
  const options = optionLayer(request.overrides ?? []);
  const layered = resolveSections({ options, environment: environment.layer, file: file.layer });
  const { resolved, issues } = addPassword(layered, request.environment);
  const { placeOf } = file;
  const fixed = checkFixedSections(resolved, placeOf);
  const processes = checkProcessSections(resolved, placeOf);
  const notices = withoutErrors([
    ...found,
    ...file.issues,
    ...environment.issues,
    ...issues,
    ...fixed.issues,
    ...processes.issues,
  ]);
  const values = fixed.values();
  const policies = buildProcessSettings({ ...processes.values(), shell: values.monitor.shell });
  const settings = buildSettings(values, policies, passwordFileOf(resolved));
  return freezeDeep({ settings, origins: originsIn(resolved), notices });
}

/** The lines themselves are let go here: of thousands of sections they take more room than what they say. */
function readFileText(
  text: string,
  { file, heapLimitBytes = Infinity }: SettingsRequest,
): ReturnType<typeof readFileLayer> & { readonly placeOf: (section: string) => Place } {
  const document = readIni(text, file);
  const lack = lackOfRoom(document, { source: file, heapLimitBytes });
  if (lack !== null) throw new ConfigError([lack]);
  return { ...readFileLayer(document, file), placeOf: beginningOf(document, file) };
}

function passwordFileOf({ fixed }: ResolvedSections): string | null {
  const origin = fixed.database.get('password')?.origin;
  return origin?.kind === 'credential' || origin?.kind === 'password_file' ? origin.source : null;
}

function withoutErrors(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  const errors = issues.filter((issue) => issue.severity === 'error');
  const notices = issues.filter((issue) => issue.severity === 'notice');
  if (errors.length > 0) throw new ConfigError(errors, notices);
  return sortIssues(notices);
}

function addPassword(
  resolved: ResolvedSections,
  environment: Environment,
): { readonly resolved: ResolvedSections; readonly issues: readonly ConfigIssue[] } {
  const { database } = resolved.fixed;
  if (database.get('engine')?.text?.toLowerCase() === 'sqlite') return { resolved, issues: [] };
  const { value, issues } = findPassword(database, environment);
  const fixed = { ...resolved.fixed, database: new Map(database).set('password', value) };
  return { resolved: { ...resolved, fixed }, issues };
}

function optionLayer(overrides: readonly SettingOverride[]): Layer {
  const builder = new LayerBuilder();
  for (const { option, section, key, value } of overrides) {
    builder.set(section, key, { text: value, origin: { kind: 'option', source: option, line: null, section } });
  }
  return builder.layer;
}

function beginningOf(document: IniDocument, source: string): (section: string) => Place {
  const lines = new Map(document.sections.map((section) => [section.name, section.line]));
  return (section) => ({ source, line: lines.get(section) ?? null, section });
}
