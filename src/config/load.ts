/** Loads the settings: finds the file, refuses one that others could have written, and reads it. */
import { getHeapStatistics } from 'node:v8';
import { DEFAULT_CONFIG_FILE } from './default-file.js';
import { CONFIG_FILE_VARIABLES } from './env.js';
import type { Environment } from './environment.js';
import { exists, readTrustedFile } from './files.js';
import { ConfigError, errorIssue, type ConfigIssue } from './issues.js';
import { readIni } from './ini.js';
import { settingsFromText, type LoadedSettings, type SettingsRequest } from './settings-from-text.js';

const PREDECESSOR_FILE = '/opt/monitor_service/config.ini';

/** The file to read: the option's, else that of the environment, else the default. */
export function configFile(option: string | null, environment: Environment): string {
  const fromEnvironment = CONFIG_FILE_VARIABLES.map((name) => environment[name]).find((path) => path);
  return option ?? fromEnvironment ?? DEFAULT_CONFIG_FILE;
}

/** Throws `ConfigError` with every mistake at once, also where the file is missing or may not be trusted. */
export function loadSettings(request: SettingsRequest): LoadedSettings {
  const source = request.file;
  const file = readTrustedFile(source);
  if (file.kind === 'refused') {
    const suggestion = file.isMissing ? importHint(source) : file.hint;
    throw new ConfigError([errorIssue({ source, problem: file.problem, suggestion })]);
  }
  const exposed = file.othersMayRead ? exposedPassword(file.text, source) : [];
  const heapLimitBytes = getHeapStatistics().heap_size_limit;
  return settingsFromText(file.text, { ...request, heapLimitBytes }, exposed);
}

function exposedPassword(text: string, source: string): readonly ConfigIssue[] {
  const section = 'database';
  const entry = readIni(text, source)
    .sections.find(({ name }) => name === section)
    ?.entries.get('password');
  if (entry === undefined) return [];
  const problem = 'everybody on this host can read this file, and so the password';
  const suggestion = `chmod o-r ${source}, or move the password to a password_file`;
  return [errorIssue({ source, line: entry.line, section, key: 'password', problem, suggestion })];
}

function importHint(file: string): string | null {
  if (file === PREDECESSOR_FILE || !exists(PREDECESSOR_FILE)) return null;
  return `the predecessor's settings can be used as they are: install -D -m 0600 ${PREDECESSOR_FILE} ${file}, then process-monitor config check`;
}
