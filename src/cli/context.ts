/** What every command is handed: where to print, in which words, and the way to the settings. */
import type { Environment } from '../config/environment.js';
import { configFile, loadSettings } from '../config/load.js';
import type { LoadedSettings } from '../config/settings-from-text.js';
import type { GlobalOptions } from './request.js';
import type { Screen } from './screen.js';
import { languageOf, textsIn } from './texts.js';
import type { Texts } from './texts-en.js';

export interface Context {
  readonly environment: Environment;
  readonly screen: Screen;
  readonly texts: Texts;
  /** The settings file that is read. */
  readonly file: string;
  /** Reads the settings, at the first need. Throws `ConfigError`. */
  readonly load: () => LoadedSettings;
}

export function createContext(globals: GlobalOptions, environment: Environment, screen: Screen): Context {
  const file = configFile(globals.config, environment);
  const level = globals.logLevel;
  const overrides = level === null ? [] : [{ option: '--log-level', section: 'logging', key: 'level', value: level }];
  return {
    environment,
    screen,
    texts: textsIn(globals.lang ?? languageOf(environment)),
    file,
    load: () => loadSettings({ file, environment, overrides }),
  };
}
