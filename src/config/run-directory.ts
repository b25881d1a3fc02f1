/** Where the running monitor is to be asked, also while the settings file has mistakes: it is the monitor that tells them. */
import type { Environment } from './environment.js';
import { variablesFor } from './env.js';
import { readTrustedFile } from './files.js';
import { readIni } from './ini.js';
import { MONITOR_KEYS } from './keys-monitor.js';
import { readValue } from './read-value.js';

const SECTION = 'monitor';
const KEY = 'run_directory';

/** Never throws: what cannot be read leaves the default. */
export function findRunDirectory(file: string, environment: Environment): string {
  const { reading, schema, fallback } = MONITOR_KEYS[KEY];
  const fromEnvironment = variablesFor(SECTION, KEY).map((name) => environment[name]);
  const found = [...fromEnvironment, inFile(file)]
    .filter((text) => text !== undefined && text !== '')
    .map((text) => schema.safeParse(readValue(text ?? '', reading)))
    .find(({ success }) => success);
  return found?.data ?? fallback ?? '';
}

function inFile(file: string): string | undefined {
  const read = readTrustedFile(file);
  if (read.kind === 'refused') return undefined;
  return readIni(read.text, file)
    .sections.find(({ name }) => name === SECTION)
    ?.entries.get(KEY)?.value;
}
