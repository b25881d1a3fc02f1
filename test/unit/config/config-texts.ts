/** Whole settings files for properties: realistic ones made from the tables of keys, and anything at all. */
import fc from 'fast-check';
import type { KeySpec } from '../../../src/config/key.js';
import { FIXED_SECTIONS, keysOf } from '../../../src/config/schema.js';
import { lineOfText, rightValue } from './config-values.js';

/** A section with its lines; the header is without brackets. */
export interface WrittenSection {
  readonly name: string;
  readonly lines: readonly (readonly [key: string, value: string])[];
}

/** Pieces that a settings file is made of, and what it should never hold. */
export const scraps = fc.constantFrom(
  ...['[', ']', '[database]', '[monitor]', '[process.a]', '[process.default]', '\n', '\r\n', ' = ', '=', ';', '#', '"'],
  ...["'", 'user', 'password', 'check_interval', 'restart_strategy', 'custom', '5', '-1', '\0', '__proto__', '\ufeff'],
  ...['constructor', 'toString', '[__proto__]', '[process.__proto__]', '\ud800', '\u2028', 'x'.repeat(5000), '\t'],
  ...['user = u\ndatabase = d\n', 'MONITOR_', '%s', '\\', '$(x)', '[process.ș🙂]', 'system_name = x\n', '\r', '='],
);

/** Any text, mostly one that looks a little like settings. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(scraps, fc.string({ maxLength: 5 })), { maxLength: 60 }).map((parts) => parts.join('')),
);

function someKeys(name: string, keep: (key: string, spec: KeySpec<unknown>) => boolean): fc.Arbitrary<WrittenSection> {
  const entries = Object.entries(keysOf(name) ?? {}).filter(([key, spec]) => keep(key, spec));
  return fc.subarray(entries, { maxLength: Math.min(12, entries.length) }).chain((chosen) =>
    fc
      .tuple(...chosen.map(([key, spec]) => rightValue(spec).map((value) => [key, value] as const)))
      .chain((lines) => fc.shuffledSubarray(lines, { minLength: lines.length }))
      .map((lines) => ({ name, lines })),
  );
}

/** These bind each other; they are set where a test asks for them. */
const BOUND = new Set([
  ...[
    'engine',
    'user',
    'database',
    'ssl',
    'ssl_ca',
    'ssl_cert',
    'ssl_key',
    'password',
    'password_file',
    'host',
    'path',
  ],
  ...[
    'restart_strategy',
    'system_name',
    'restart_delay',
    'restart_delay_max',
    'circuit_reset_time',
    'circuit_reset_max',
  ],
]);
const isFree = (key: string): boolean => !BOUND.has(key);

const database = fc
  .tuple(
    someKeys('database', isFree),
    fc.constantFrom<WrittenSection['lines']>(
      [
        ['user', 'monitor'],
        ['database', 'alarms'],
      ],
      [
        ['user', '" u"'],
        ['database', "'a;b'"],
        ['ssl', 'Verify'],
        ['ssl_ca', '/x;y'],
        ['host', 'db1, db2:3307'],
        ['password', 'p"=#;'],
      ],
      [
        ['engine', 'SQLite'],
        ['path', "/it's"],
      ],
    ),
  )
  .map(([{ name, lines }, needed]): WrittenSection => ({ name, lines: [...needed, ...lines] }));

const processName = fc.oneof(
  fc.constantFrom(
    'web',
    'my app',
    '__proto__',
    'ș🙂',
    'a;b',
    'a = b',
    '#x',
    '[y',
    ' z ',
    '\u202ex',
    'a\tb',
    'constructor',
  ),
  lineOfText.filter((text) => !text.includes(']') && text !== 'default'),
);

/** Above the default of their own bound, which grows with them. */
const WIDE: readonly WrittenSection['lines'][] = [[], [['restart_delay', '400']], [['circuit_reset_time', '20000']]];
const NARROW: WrittenSection['lines'] = [
  ['restart_delay', '7'],
  ['restart_delay_max', '9'],
];

const process = fc
  .tuple(processName, fc.constantFrom(...WIDE, NARROW), someKeys('process.x', isFree))
  .map(([name, bound, { lines }]): WrittenSection => {
    return { name: `process.${name}`, lines: [['system_name', 'unit'], ...bound, ...lines] };
  });

const processDefault = fc
  .tuple(fc.constantFrom(...WIDE), someKeys('process.default', isFree))
  .map(([bound, { name, lines }]): WrittenSection => ({ name, lines: [...bound, ...lines] }));

const others = fc.tuple(
  ...Object.keys(FIXED_SECTIONS)
    .filter((name) => name !== 'database')
    .map((name) => someKeys(name, isFree)),
);

/** Settings that are right: every section once, `[process.default]` or not, a few processes. */
export const rightSections: fc.Arbitrary<readonly WrittenSection[]> = fc
  .tuple(
    database,
    others,
    fc.option(processDefault, { nil: null }),
    fc.uniqueArray(process, { maxLength: 3, selector: ({ name }) => name }),
  )
  .map(([first, rest, common, processes]) => [
    first,
    ...rest.filter(({ lines }) => lines.length > 0),
    ...(common === null ? [] : [common]),
    ...processes,
  ]);

/** How people write: none of it changes what is meant. */
export interface Manner {
  readonly lineEnd: '\n' | '\r\n';
  readonly begin: '' | '\ufeff';
  readonly indent: '' | ' ' | '\t';
  readonly equals: '=' | ' = ' | '\t=  ';
  readonly trail: '' | '  ' | '\t';
  readonly between: '' | '; a comment = x' | '  # [database]';
}

export const manner: fc.Arbitrary<Manner> = fc.record({
  lineEnd: fc.constantFrom('\n' as const, '\r\n' as const),
  begin: fc.constantFrom('' as const, '\ufeff' as const),
  indent: fc.constantFrom('' as const, ' ' as const, '\t' as const),
  equals: fc.constantFrom('=' as const, ' = ' as const, '\t=  ' as const),
  trail: fc.constantFrom('' as const, '  ' as const, '\t' as const),
  between: fc.constantFrom('' as const, '; a comment = x' as const, '  # [database]' as const),
});

export const PLAIN: Manner = { lineEnd: '\n', begin: '', indent: '', equals: ' = ', trail: '', between: '' };

/** The sections as a file, in that manner. */
export function writeIni(sections: readonly WrittenSection[], how: Manner = PLAIN): string {
  const { lineEnd, begin, indent, equals, trail, between } = how;
  const lines = sections.flatMap(({ name, lines: entries }) => [
    `${indent}[${name}]${trail}`,
    ...entries.flatMap(([key, value]) => [between, `${indent}${key}${equals}${value}${trail}`]),
  ]);
  return `${begin}${lines.join(lineEnd)}${lineEnd}`;
}
