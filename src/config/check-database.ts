/** What must fit together in `[database]`. */
import { isIP } from 'node:net';
import { errorIssue, type ConfigIssue } from './issues.js';
import type { SectionValues } from './key.js';
import type { DATABASE_KEYS } from './keys-fixed.js';
import { issuePlace, type Place, type RawSection } from './origin.js';

type DatabaseValues = Partial<SectionValues<typeof DATABASE_KEYS>>;

/** Values that were wrong in themselves are absent and not judged again. */
export function checkDatabase(raw: RawSection, values: DatabaseValues, place: Place): readonly ConfigIssue[] {
  if (values.engine === 'sqlite') return missing(['path'], raw, place, 'sqlite');
  if (values.engine !== 'mysql') return [];
  return [...missing(['user', 'database'], raw, place, 'mysql'), ...checkTls(raw, values)];
}

function missing(keys: readonly string[], raw: RawSection, place: Place, engine: string): readonly ConfigIssue[] {
  const hasPath = engine === 'mysql' && typeof raw.get('path')?.text === 'string';
  const suggestion = hasPath ? 'for the file in path, write engine = sqlite' : null;
  return keys
    .filter((key) => raw.get(key)?.text === null)
    .map((key) => errorIssue({ ...place, key, problem: `missing, and engine = ${engine} needs it`, suggestion }));
}

function checkTls(raw: RawSection, values: DatabaseValues): readonly ConfigIssue[] {
  const isSet = (key: string): boolean => typeof raw.get(key)?.text === 'string';
  const issues: ConfigIssue[] = [];
  const refuse = (key: string, problem: string): void => {
    const value = raw.get(key);
    if (value !== undefined) issues.push(errorIssue({ ...issuePlace(value.origin), key, problem }));
  };
  if (values.ssl === 'off') {
    const useless = ['ssl_ca', 'ssl_cert', 'ssl_key'].filter(isSet);
    for (const key of useless) refuse(key, 'has no effect with ssl = off; write ssl = required or ssl = verify');
  }
  if (isSet('ssl_cert') && !isSet('ssl_key')) refuse('ssl_cert', 'needs ssl_key beside it');
  if (isSet('ssl_key') && !isSet('ssl_cert')) refuse('ssl_key', 'needs ssl_cert beside it');
  if (values.ssl === 'verify' && values.host?.some(({ host }) => isIP(host) !== 0) === true) {
    refuse('host', "ssl = verify proves the server's name, so write a DNS name, not an IP address");
  }
  return issues;
}
