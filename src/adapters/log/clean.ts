/** Makes what goes into a line fit for it: no secrets, nothing endless, nothing that cannot be written. */
import type { LineFields } from './log-line.js';

const REDACTED = '[redacted]';
const LONGEST_TEXT = 2048;
const MOST_ITEMS = 50;
const DEEPEST = 5;
/** Shorter literal secrets are left: replacing every `1` would tell the secret and spoil the log. */
const SHORTEST_SECRET = 4;

const SECRET_KEY = /passw(?:or)?d|passphrase|pwd|secret|token|credential|authorization|api[_-]?key|private[_-]?key/i;
/** `--password=x`, `MYSQL_PWD=x`: not `using password: YES`, which the database says. */
const SECRET_ASSIGNMENT =
  /((?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key)["']?=)("[^"]*"|'[^']*'|[^\s&;,]+)/gi;
/** `scheme://user:x@host`. */
const SECRET_IN_URL = /(:\/\/[^\s:/@]*:)[^\s@/]+@/g;

/** Keys that every line has of its own. */
const TAKEN_KEYS = new Set(['level', 'timestamp', 'service', 'host', 'pid', 'message']);

export class Cleaner {
  #secrets: readonly string[] = [];

  /** `secrets`: literal values that must never be written, for example the database password. */
  constructor(secrets: readonly string[]) {
    this.hide(secrets);
  }

  /** Further values that must not be written from now on. */
  hide(secrets: readonly string[]): void {
    this.#secrets = [...new Set([...this.#secrets, ...secrets])]
      .filter((secret) => secret.length >= SHORTEST_SECRET)
      .sort((one, other) => other.length - one.length);
  }

  text(raw: string): string {
    let text = raw;
    for (const secret of this.#secrets) text = text.replaceAll(secret, REDACTED);
    // Looked for first, since hardly any text of a line has them.
    if (text.includes('=')) text = text.replace(SECRET_ASSIGNMENT, `$1${REDACTED}`);
    if (text.includes('://')) text = text.replace(SECRET_IN_URL, `$1${REDACTED}@`);
    return shorten(text);
  }

  /** Fields without null and undefined. */
  fields(fields: LineFields): Record<string, unknown> {
    const cleaned = this.#entries(fields, 0).filter(([, value]) => value !== null && value !== undefined);
    return Object.fromEntries(cleaned.map(([key, value]) => [plainKey(key), value]));
  }

  #entries(value: object, depth: number): [string, unknown][] {
    return Object.entries(value)
      .slice(0, MOST_ITEMS)
      .map(([key, item]: [string, unknown]) => [
        this.text(key),
        SECRET_KEY.test(key) && item !== null && item !== undefined ? REDACTED : this.#value(item, depth + 1),
      ]);
  }

  #value(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'bigint':
        return String(value);
      case 'function':
      case 'symbol':
        return undefined;
      case 'number':
      case 'boolean':
      case 'undefined':
        return value;
      case 'object':
        return value === null ? null : this.#object(value, depth);
    }
  }

  #object(value: object, depth: number): unknown {
    if (depth > DEEPEST) return '[nested too deeply]';
    if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => this.#value(item, depth + 1));
    return Object.fromEntries(this.#entries(value instanceof Error ? errorFacts(value) : value, depth));
  }
}

/** The JSON writer puts keys of the first level down as they are. */
function plainKey(key: string): string {
  const plain = key.replace(/[^\w.-]/g, '_');
  return TAKEN_KEYS.has(plain) ? `${plain}_` : plain;
}

/** Only these: a driver's error also carries the statement with its values. */
function errorFacts(error: Error): object {
  const code = 'code' in error ? error.code : undefined;
  return { name: error.name, message: error.message, code, stack: error.stack, cause: error.cause };
}

function shorten(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  // toWellFormed would be simpler, but Node 20's types lack it: never end on half a character.
  const cut = text.slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, '');
  return `${cut}… (${text.length - cut.length} more characters)`;
}
