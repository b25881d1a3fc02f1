/** Makes what goes into a line fit for it: no secrets, nothing endless, nothing that cannot be written. */
import { isPlainJson } from '../../domain/safe-text.js';
import type { LineFields } from './log-line.js';

const REDACTED = '[redacted]';
const LONGEST_TEXT = 2048;
const MOST_ITEMS = 50;
const DEEPEST = 5;
/** Shorter literal secrets are left: replacing every `1` would tell the secret and spoil the log. */
const SHORTEST_SECRET = 4;
/** Keys whose verdict is kept: far more than the lines of the monitor have, and an end to those that strangers make up. */
const MOST_KEYS = 500;

const SECRET_KEY = /passw(?:or)?d|passphrase|pwd|secret|token|credential|authorization|api[_-]?key|private[_-]?key/i;
/** `--password=x`, `MYSQL_PWD=x`: not `using password: YES`, which the database says. */
const SECRET_ASSIGNMENT =
  /((?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key)["']?=)("[^"]*"|'[^']*'|[^\s&;,]+)/gi;
/** `scheme://user:x@host`. */
const SECRET_IN_URL = /(:\/\/[^\s:/@]*:)[^\s@/]+@/g;

/** Keys that every line has of its own. */
const TAKEN_KEYS = new Set(['level', 'timestamp', 'service', 'host', 'pid', 'message']);

interface KeyVerdict {
  /** As it is written on the first level. */
  readonly key: string;
  /** Its value is not written. */
  readonly isSecret: boolean;
}

export interface SettledFields {
  readonly kept: Record<string, unknown>;
  /** Each value is a text, a number or a truth value. */
  readonly isSimple: boolean;
}

export class Cleaner {
  #secrets: readonly string[] = [];
  /** The same few keys come in every line. */
  readonly #verdicts = new Map<string, KeyVerdict>();

  /** `secrets`: literal values that must never be written, for example the database password. */
  constructor(secrets: readonly string[]) {
    this.hide(secrets);
  }

  /** Further values that must not be written from now on. */
  hide(secrets: readonly string[]): void {
    this.#verdicts.clear();
    this.#secrets = [...new Set([...this.#secrets, ...secrets])]
      .filter((secret) => secret.length >= SHORTEST_SECRET)
      .sort((one, other) => other.length - one.length);
  }

  text(raw: string): string {
    let text = raw;
    for (const secret of this.#secrets) if (text.includes(secret)) text = text.replaceAll(secret, REDACTED);
    // Looked for first, since hardly any text of a line has them.
    if (text.includes('=')) text = text.replace(SECRET_ASSIGNMENT, `$1${REDACTED}`);
    if (text.includes('://')) text = text.replace(SECRET_IN_URL, `$1${REDACTED}@`);
    return text.length <= LONGEST_TEXT ? text : shorten(text);
  }

  /** Fields without null and undefined. */
  fields(fields: LineFields): Record<string, unknown> {
    const { kept } = this.settle(fields);
    for (const key of Object.keys(kept)) if (kept[key] !== REDACTED) kept[key] = this.#value(kept[key], 1);
    return kept;
  }

  /** What of the fields is written, and under which keys; the values are as they came, those of secret keys apart. */
  settle(fields: LineFields): SettledFields {
    const kept: Record<string, unknown> = {};
    let isSimple = true;
    for (const key of Object.keys(fields).slice(0, MOST_ITEMS)) {
      const value = fields[key];
      const type = typeof value;
      if (value === null || type === 'undefined' || type === 'function' || type === 'symbol') continue;
      if (type === 'object' || type === 'bigint') isSimple = false;
      const verdict = this.#verdicts.get(key) ?? this.#judge(key);
      put(kept, verdict.key, verdict.isSecret ? REDACTED : value);
    }
    return { kept, isSimple };
  }

  /** `json`: a whole line of a message and simple fields, both as they came. Cleaning would leave them as they are. */
  isClean(json: string): boolean {
    if (json.length > LONGEST_TEXT || json.includes('=') || json.includes('://') || !isPlainJson(json)) return false;
    for (const secret of this.#secrets) if (json.includes(secret)) return false;
    return true;
  }

  #judge(key: string): KeyVerdict {
    const verdict = { key: plainKey(this.text(key)), isSecret: SECRET_KEY.test(key) };
    if (this.#verdicts.size < MOST_KEYS) this.#verdicts.set(key, verdict);
    return verdict;
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
    const items = Object.entries(value instanceof Error ? errorFacts(value) : value).slice(0, MOST_ITEMS);
    return Object.fromEntries(items.map(([key, item]) => [this.text(key), this.#item(key, item, depth + 1)]));
  }

  #item(key: string, item: unknown, depth: number): unknown {
    return SECRET_KEY.test(key) && item !== null && item !== undefined ? REDACTED : this.#value(item, depth);
  }
}

/** As a property of its own, whatever the key. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
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
  // toWellFormed would be simpler, but Node 20's types lack it: never end on half a character.
  const cut = text.slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, '');
  return `${cut}… (${text.length - cut.length} more characters)`;
}
