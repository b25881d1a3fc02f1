/** The example file with everything in it switched on, and ways to break it that know what they break. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { KeySpec } from '../../../src/config/key.js';
import { FIXED_SECTION_NAMES, keysOf } from '../../../src/config/schema.js';
import { strangeWord, wrongValues } from './config-values.js';

const example = readFileSync(new URL('../../../config.example.ini', import.meta.url), 'utf8');

/** They cannot stand beside the rest of the example, or in the section that they would follow there. */
const LEFT_OUT = /^;(?:password|password_file|ssl_ca|ssl_cert|ssl_key|system_name|pid_file) =/;

/** Every default and every example of `config.example.ini` as a setting that counts. */
export const WHOLE_EXAMPLE: readonly string[] = example
  .split('\n')
  .map((line) => (LEFT_OUT.test(line) ? line : line.replace(/^; ?(?=\[process|\w+ = )/, '')));

/** A broken file, what was done to it, and the line that must be told. */
export interface Broken {
  readonly what: string;
  readonly lines: readonly string[];
  /** From 1. */
  readonly line: number;
}

interface Entry {
  readonly index: number;
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly spec: KeySpec<unknown>;
}

function entriesOf(lines: readonly string[]): readonly Entry[] {
  let section = '';
  return lines.flatMap((line, index) => {
    section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
    const [, key = '', value = ''] = /^(\w+) = (.*)$/.exec(line) ?? [];
    const spec = keysOf(section)?.[key];
    return spec === undefined ? [] : [{ index, section, key, value, spec }];
  });
}

const entries = entriesOf(WHOLE_EXAMPLE);
const headers = WHOLE_EXAMPLE.flatMap((line, index) => (line.startsWith('[') ? [index] : []));
const anEntry = fc.constantFrom(...entries);
const aHeader = fc.constantFrom(...headers);

const replaced = (index: number, ...by: readonly string[]): readonly string[] =>
  WHOLE_EXAMPLE.toSpliced(index, 1, ...by);
const lineAt = (index: number): string => WHOLE_EXAMPLE[index] ?? '';

/** One letter too many, too few, or two the wrong way round; never a key that exists. */
const typo = fc
  .tuple(fc.constantFrom('drop', 'double', 'swap', 'case'), fc.nat())
  .map(([how, at]) => (word: string): string => {
    const position = at % word.length;
    const [before, letter, after] = [word.slice(0, position), word.charAt(position), word.slice(position + 1)];
    if (how === 'drop') return before + after;
    if (how === 'double') return before + letter + letter + after;
    if (how === 'swap') return before + after.charAt(0) + letter + after.slice(1);
    return before + letter.toUpperCase() + after;
  });

const mistypedKey = fc
  .tuple(
    anEntry,
    fc.oneof(
      typo,
      strangeWord.map((word) => () => word),
    ),
  )
  .map(([entry, change]): Broken | null => {
    const key = change(entry.key);
    if (key === '' || Object.hasOwn(keysOf(entry.section) ?? {}, key)) return null;
    return {
      what: `key ${entry.key} as ${key}`,
      lines: replaced(entry.index, `${key} = ${entry.value}`),
      line: entry.index + 1,
    };
  });

const mistypedSection = fc.tuple(aHeader, typo).map(([index, change]): Broken | null => {
  const [, kind = '', rest = ''] = /^\[(\w+)(.*)\]$/.exec(lineAt(index)) ?? [];
  const name = change(kind) + rest;
  if (change(kind) === '' || keysOf(name) !== null) return null;
  return { what: `section as [${name}]`, lines: replaced(index, `[${name}]`), line: index + 1 };
});

const wrongValue = anEntry.chain((entry) => {
  const wrong = wrongValues(entry.spec);
  if (wrong.length === 0) return fc.constant(null);
  return fc.constantFrom(...wrong).map((value): Broken => {
    const line = `${entry.key} = ${value}`;
    return {
      what: `${entry.key}: ${value} for ${entry.spec.allowed}`,
      lines: replaced(entry.index, line),
      line: entry.index + 1,
    };
  });
});

const duplicateKey = fc.tuple(anEntry, fc.boolean()).map(([{ index, key, value }, isSame]): Broken => {
  const second = isSame ? `${key} = ${value}` : `${key}=1`;
  return { what: `${key} twice`, lines: replaced(index, lineAt(index), '', second), line: index + 3 };
});

const duplicateSection = fc.tuple(aHeader, aHeader).map(([index, before]): Broken => {
  const lines = WHOLE_EXAMPLE.toSpliced(before, 0, lineAt(index));
  return { what: `${lineAt(index)} twice`, lines, line: Math.max(index, before) + (before <= index ? 2 : 1) };
});

const noEquals = fc
  .tuple(anEntry, fc.constantFrom(' ', ': ', ' - ', ''))
  .map(([{ index, key, value }, sign]): Broken | null =>
    value.includes('=')
      ? null
      : { what: `'${sign}' for =`, lines: replaced(index, `${key}${sign}${value}`), line: index + 1 },
  );

const noKey = anEntry.map(({ index, value }): Broken => ({
  what: 'no key',
  lines: replaced(index, ` = ${value}`),
  line: index + 1,
}));

const brokenHeader = fc
  .tuple(
    aHeader,
    fc.constantFrom<(header: string) => string>(
      (header) => header.slice(0, -1),
      () => '[]',
      (header) => `${header} x = 1`,
      (header) => `[${header}`,
    ),
  )
  .map(([index, change]): Broken | null => {
    const header = change(lineAt(index));
    // `[[process.x]` is a section by the name of `[process.x`.
    return { what: `header ${header}`, lines: replaced(index, header), line: index + 1 };
  });

const unreadable = fc
  .tuple(anEntry, fc.constantFrom('\0', '\u001b[2J', '\u0007', '\ufffd', '\r', '\u0085'), fc.nat())
  .map(([{ index }, byte, at]): Broken => {
    const line = lineAt(index);
    const position = at % line.length;
    const text = line.slice(0, position) + byte + line.slice(position);
    return { what: `${JSON.stringify(byte)} in a line`, lines: replaced(index, text), line: index + 1 };
  });

const outsideSections = anEntry.map(({ index }): Broken => {
  return { what: 'before the first section', lines: [lineAt(index), ...WHOLE_EXAMPLE], line: 1 };
});

const wrongPlace = fc
  .tuple(anEntry, fc.constantFrom(...FIXED_SECTION_NAMES))
  .map(([{ index, key }, section]): Broken | null => {
    const header = WHOLE_EXAMPLE.indexOf(`[${section}]`);
    if (Object.hasOwn(keysOf(section) ?? {}, key) || (section === 'self_recovery' && key === 'restart_command'))
      return null;
    return { what: `${key} in [${section}]`, lines: replaced(header, lineAt(header), lineAt(index)), line: header + 2 };
  });

const missing = fc.constantFrom('user', 'database').map((key): Broken => {
  const index = WHOLE_EXAMPLE.findIndex((line) => line.startsWith(`${key} =`));
  return { what: `no ${key}`, lines: replaced(index, '; gone'), line: WHOLE_EXAMPLE.indexOf('[database]') + 1 };
});

/** Where a new line goes to break a section, the line itself, and which line is told: the new one, or the header. */
const UNFIT: readonly (readonly [header: string, line: string, told: 'line' | 'header'])[] = [
  ['[database]', 'ssl_cert = /x', 'line'],
  ['[database]', 'ssl_ca = /x', 'line'],
  ['[process.nginx]', 'system_name = /opt/nginx', 'line'],
  ['[process.nginx]', 'system_name = nginx --help', 'line'],
  ['[process.nginx]', 'system_name = ../nginx', 'line'],
  ['[process.nginx]', 'system_name = *', 'line'],
  ['[process.nginx]', 'restart_delay = 301', 'line'],
  ['[process.nginx]', 'circuit_reset_max = 1', 'line'],
  ['[process.nginx]', 'restart_block_b64 = cm0gLXJmIC8=', 'line'],
  ['[process.default]', 'system_name = x', 'line'],
  ['[process.default]', 'pid_file = /x', 'line'],
];
const unfit = fc.constantFrom(...UNFIT).map(([header, line, told]): Broken => {
  const index = WHOLE_EXAMPLE.indexOf(header);
  return { what: line, lines: replaced(index, header, line), line: index + (told === 'line' ? 2 : 1) };
});
const nameless = fc
  .constantFrom('[process.a b]', '[process.*]', '[process.--help]', '[process.../x]', '[process.ș]')
  .map((header): Broken => {
    return {
      what: `${header} without a system_name`,
      lines: [...WHOLE_EXAMPLE, header],
      line: WHOLE_EXAMPLE.length + 1,
    };
  });

/** Mutations by name; each tells what it broke, or null where it broke nothing this time. */
export const MUTATIONS: Readonly<Record<string, fc.Arbitrary<Broken | null>>> = {
  mistypedKey,
  mistypedSection,
  wrongValue,
  duplicateKey,
  duplicateSection,
  noEquals,
  noKey,
  brokenHeader,
  unreadable,
  outsideSections,
  wrongPlace,
  missing,
  unfit,
  nameless,
};

/** Ways to write the same in other words. */
export const NEUTRAL: fc.Arbitrary<readonly string[]> = fc
  .array(
    fc.tuple(
      anEntry,
      fc.constantFrom<(entry: Entry) => readonly string[]>(
        ({ index }) => [`  ${lineAt(index)}\t`],
        ({ key, value }) => [`${key}=${value}`],
        ({ key, value }) => [`\t${key}\t=\t${value}   `],
        ({ index }) => ['# a comment = 1', '', lineAt(index)],
        ({ index }) => [`;[process.x]`, lineAt(index), '   ; user = nobody'],
        ({ key, value, spec }) => [`${key} = ${value}${spec.reading === 'scalar' ? ' ; a comment' : ''}`],
        ({ key, value, spec }) => [`${key} = ${value}${spec.reading === 'scalar' ? '\t# a "comment' : ''}`],
        ({ key, value, spec }) => [`${key} = ${spec.reading === 'scalar' ? `"${value}" ; x` : value}`],
        ({ key, value, spec }) => [`${key} = ${spec.reading === 'text' && !/["']/.test(value) ? `'${value}'` : value}`],
        ({ key, value, spec }) => [`${key} = ${spec.allowed.startsWith('one of') ? value.toUpperCase() : value}`],
      ),
    ),
    { maxLength: 30 },
  )
  .map((changes) => {
    const byIndex = new Map(changes.map(([entry, change]) => [entry.index, change(entry)]));
    return WHOLE_EXAMPLE.flatMap((line, index) => byIndex.get(index) ?? [line]);
  });
