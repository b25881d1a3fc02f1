/** Short ways to read settings from text in tests. */
import { expect } from 'vitest';
import type { Environment } from '../../../src/config/environment.js';
import { ConfigError, formatIssue } from '../../../src/config/issues.js';
import { settingsFromText, type LoadedSettings } from '../../../src/config/settings-from-text.js';
import type { ProcessPolicy } from '../../../src/domain/process-policy.js';

/** The least that works. */
export const MINIMAL = '[database]\nuser = monitor\ndatabase = alarms\n';

export function read(text: string, environment: Environment = {}): LoadedSettings {
  return settingsFromText(text, { file: 'config.ini', environment });
}

/** `MINIMAL` with more sections after it. */
export function readWith(text: string, environment: Environment = {}): LoadedSettings {
  return read(`${MINIMAL}${text}`, environment);
}

export function policyOf(text: string, name: string): ProcessPolicy {
  const policy = readWith(text).settings.processes.policyFor(name);
  if (policy === null) throw new Error(`${name} has no policy`);
  return policy;
}

/** The error that reading throws. */
export function refusalOf(act: () => unknown): ConfigError {
  try {
    act();
  } catch (error: unknown) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('the settings were accepted');
}

/** Every mistake in `MINIMAL` with more sections after it, one line each; none where it is fine. */
export function mistakesWith(text: string, environment: Environment = {}): readonly string[] {
  return mistakes(`${MINIMAL}${text}`, environment);
}

export function mistakes(text: string, environment: Environment = {}): readonly string[] {
  return refusalOf(() => read(text, environment)).issues.map(formatIssue);
}

export function notices(loaded: LoadedSettings): readonly string[] {
  return loaded.notices.map(formatIssue);
}
