/** The kinds of value a setting can have: how its text is read, checked and turned into what the program uses. */
import * as z from 'zod/mini';
import { toSystemName, type SystemName } from '../domain/alarm.js';
import type { StatusRange } from '../domain/process-policy.js';
import { parseAddress, parseAddresses, parsePort, type Address } from './addresses.js';

/**
 * How the text after `=` becomes the value's text.
 * `scalar`: a comment may follow, quotes around it go. `text`: to the end of the line, quotes around the whole go.
 * `verbatim`: to the end of the line, exactly as written. `secret`: the same, and never shown.
 */
export type Reading = 'scalar' | 'text' | 'verbatim' | 'secret';

export interface ValueType<T> {
  readonly reading: Reading;
  /** A shell line, and so subject to the advice on commands. */
  readonly isCommand: boolean;
  /** Text to value; its own messages are not used. */
  readonly schema: z.ZodMiniType<T>;
  /** What is right, for messages and the manual: `whole seconds, 1 to 300`. */
  readonly allowed: string;
}

function type<T>(reading: Reading, allowed: string, schema: z.ZodMiniType<T>): ValueType<T> {
  return { reading, isCommand: false, schema, allowed };
}

/** Text to a value by `parse`, which returns null for what is wrong. */
function parsed<T>(parse: (text: string) => T | null): z.ZodMiniType<T> {
  const read = z.transform((text: string, context) => {
    const value = parse(text);
    if (value !== null) return value;
    context.issues.push({ code: 'custom', input: text });
    return z.NEVER;
  });
  return z.pipe(z.string(), read);
}

/** From `min` to `max` in the file, each of them `unit` in the program. */
// Never `z.coerce.number()`: it reads '' as 0 and '0x10' as 16.
function numeric(form: RegExp, min: number, max: number, unit = 1): z.ZodMiniType<number> {
  const within = z.number().check(z.gte(min * unit), z.lte(max * unit));
  const read = z.transform((text: string) => Number(text) * unit);
  return z.pipe(z.pipe(z.string().check(z.regex(form)), read), within);
}

function digits(min: number, max: number, unit = 1): z.ZodMiniType<number> {
  return numeric(/^\d+$/, min, max, unit);
}

/** A count; both ends are allowed. */
export function wholeNumber(min: number, max: number): ValueType<number> {
  return type('scalar', `a whole number, ${String(min)} to ${String(max)}`, digits(min, max));
}

/** Whole seconds in the file, milliseconds in the program; at most a week, far below the longest timer (2^31 ms). */
export function seconds(min: number, max: number): ValueType<number> {
  return type('scalar', `whole seconds, ${String(min)} to ${String(max)}`, digits(min, max, 1000));
}

/** Kilobytes of 1,024 bytes in the file, bytes in the program. */
export function kilobytes(min: number, max: number): ValueType<number> {
  return type('scalar', `whole kilobytes, ${String(min)} to ${String(max)}`, digits(min, max, 1024));
}

const MEMORY_UNITS = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;

/** `512M`, in bytes in the program; at least a mebibyte, below which nothing starts. */
export function memorySize(): ValueType<number> {
  const schema = parsed((text) => {
    const parts = /^(\d{1,15})([KMGT]?)$/i.exec(text);
    const unit = parts?.[2]?.toUpperCase() as keyof typeof MEMORY_UNITS | undefined;
    const bytes = parts === null || unit === undefined ? 0 : Number(parts[1]) * MEMORY_UNITS[unit];
    return bytes >= MEMORY_UNITS.M && Number.isSafeInteger(bytes) ? bytes : null;
  });
  return type('scalar', 'a size such as 512M or 2G, from 1M', schema);
}

/** `2` or `1.5`. */
export function factor(min: number, max: number): ValueType<number> {
  const schema = numeric(/^\d+(?:\.\d+)?$/, min, max);
  return type('scalar', `a number such as 2 or 1.5, ${String(min)} to ${String(max)}`, schema);
}

/** One of some words, in either case. */
export function choice<const Word extends string>(words: readonly Word[]): ValueType<Word> {
  const schema = parsed((text) => words.find((word) => word === text.toLowerCase()) ?? null);
  return type('scalar', `one of ${words.join(', ')}`, schema);
}

/** Yes or no in the usual spellings. */
export function flag(): ValueType<boolean> {
  const schema = z.stringbool({ truthy: ['true', 'yes', 'on', '1'], falsy: ['false', 'no', 'off', '0'] });
  return type('scalar', 'true or false (also yes/no, on/off, 1/0)', schema);
}

/** Free text on one line. */
export function text(max: number): ValueType<string> {
  return type('text', `text, 1 to ${String(max)} characters`, z.string().check(z.minLength(1), z.maxLength(max)));
}

/** A path from the root. */
export function path(): ValueType<string> {
  return type('text', 'an absolute path', z.string().check(z.regex(/^\//), z.maxLength(4095)));
}

/** A line for the shell. */
export function command(): ValueType<string> {
  return { ...type('verbatim', 'a command line', z.string().check(z.minLength(1))), isCommand: true };
}

/** A password: what is found is never shown. */
export function secret(): ValueType<string> {
  return type('secret', 'not empty; leave the line out for none', z.string().check(z.minLength(1)));
}

/** Hosts in the order they are tried. */
export function addresses(): ValueType<readonly Address[]> {
  return type('text', 'a host or a list: db1, db2:3307, [::1]:3306', parsed(parseAddresses));
}

/** A port on this host, or elsewhere. */
export function portOrAddress(): ValueType<{ readonly host: string; readonly port: number }> {
  const schema = parsed((value) => {
    const port = parsePort(value);
    if (port !== null) return { host: '127.0.0.1', port };
    const address = parseAddress(value);
    return address === null || address.port === null ? null : { host: address.host, port: address.port };
  });
  return type('text', 'PORT or HOST:PORT, ports from 1 to 65535', schema);
}

/** An address to ask; a login inside it would show up in logs and is refused. */
export function webAddress(): ValueType<string> {
  const schema = parsed((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
    return isPlain ? value : null;
  });
  return type('text', 'an http:// or https:// address without a login in it', schema);
}

/** `200-399` or `204`. */
export function statusRange(): ValueType<StatusRange> {
  const schema = parsed((value) => {
    const parts = /^([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?$/.exec(value);
    const [from, to] = [Number(parts?.[1]), Number(parts?.[2] ?? parts?.[1])];
    return from <= to ? { from, to } : null;
  });
  return type('scalar', 'a status such as 204 or a range such as 200-399, 100 to 599', schema);
}

/** A unit, or an executable by name or absolute path. */
export function systemName(): ValueType<SystemName> {
  const schema = parsed((value) => toSystemName(value, { allowPath: true }));
  return type(
    'text',
    'a unit or executable: letters, digits, : _ . @ - (a path for restart_strategy = process)',
    schema,
  );
}

/** A login name or number. */
export function userName(): ValueType<string> {
  const schema = z.string().check(z.regex(/^(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}|\d{1,10})$/));
  return type('text', 'a user name or number', schema);
}

/** `A=1 B="two words"`: what is in quotes is taken as it stands, without escapes. */
export function variables(): ValueType<Readonly<Record<string, string>>> {
  return type('verbatim', 'NAME=value NAME="two words", each name once', parsed(parseVariables));
}

function parseVariables(value: string): Readonly<Record<string, string>> | null {
  const assignment = /([A-Za-z_][A-Za-z0-9_]*)=(?:"([^"]*)"|'([^']*)'|([^\s"']*))(?:\s+|$)/y;
  const found = new Map<string, string>();
  while (assignment.lastIndex < value.length) {
    const parts = assignment.exec(value);
    const name = parts?.[1];
    if (parts === null || name === undefined || found.has(name)) return null;
    found.set(name, parts[2] ?? parts[3] ?? parts[4] ?? '');
  }
  return found.size === 0 ? null : Object.fromEntries(found);
}
