/** Values for the keys of the settings, right and wrong ones, made from what each key says is allowed. */
import fc from 'fast-check';
import type { KeySpec } from '../../../src/config/key.js';

/** One line of printable text that does not begin or end with a blank; also what INI could trip over. */
export const lineOfText = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc
      .array(fc.constantFrom(...Array.from('\'";#=[]\\ \u00a0\u200b\u202e\ufeff\tab1')), {
        minLength: 1,
        maxLength: 12,
      })
      .map((characters) => characters.join('')),
  )
  .filter((text) => !/[\0-\x08\x0a-\x1f\x7f-\x9f\ufffd]/u.test(text) && !/^[ \t]|[ \t]$/.test(text));

const word = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const path = fc.oneof(
  fc.constantFrom('/opt/app', '/srv/my app', '/x;y#z', '/"q"', "/it's"),
  lineOfText.map((text) => `/${text}`),
);

/** By the beginning of what is allowed: texts that are, then texts that are not. */
const KINDS: readonly (readonly [pattern: RegExp, right: fc.Arbitrary<string>, wrong: readonly string[]])[] = [
  [/^one of (?<words>.*)$/, fc.constant(''), ['', 'sometimes', 'auto auto', '0', 'aut0']],
  [/^a number such as/, fc.constantFrom('1', '1.5', '10', '2.25'), ['', '0.5', '11', '1,5', '1e1', '.5', '1.', 'x2']],
  [/^true or false/, fc.constantFrom('true', 'no', 'ON', '1', 'False'), ['', '2', 'maybe', 'tru', 'y', '-1']],
  [/^an absolute path/, path, ['opt/app', './x', '~/x', '"/x', "'/x", 'C:\\x']],
  [
    /^a command line/,
    lineOfText.map((text) => `run ${text.replaceAll(/['"\\]/g, '')}`),
    ['run "x', "run it's", 'a; b "', 'echo \'"'],
  ],
  [/^text, 1 to/, lineOfText, []],
  [
    /^a host or a list/,
    fc.constantFrom('localhost', 'db1, db2:3307', '[::1]:3306'),
    ['', 'a b', 'db1,,db2', 'db:70000'],
  ],
  [/^a size such as/, fc.constantFrom('1M', '512m', '2G', '1048576'), ['1', '512', '1.5G', '2GB', '-1M', 'M']],
  [
    /^an http/,
    fc.constantFrom('http://h/', 'https://h:8443/a?b=c;d#e'),
    ['ftp://h/', 'http//h', 'h', 'http://u:p@h/', 'http://'],
  ],
  [/^a status such as/, fc.constantFrom('200', '200-399', '204 - 299'), ['', '99', '600', '400-200', '2xx', '200-']],
  [
    /^NAME=value/,
    fc.constantFrom('A=1', 'A=1 B="two words"', "A='x' __proto__=y"),
    ['A', '1A=2', 'A="x', 'A=1 A=2', '=x'],
  ],
  [/^a user name/, fc.constantFrom('app', '_x', '1000', 'a.b-c'), ['a b', '-x', 'root;', '../x', 'a$b']],
  [
    /^a unit or executable/,
    fc.constantFrom('httpd', 'x@y.service', 'my.app'),
    ['--help', '../x', 'a b', '*', '*.service', '-H', '.x', '$(x)', 'a/b', 't@', 'é'],
  ],
  [/^PORT or HOST:PORT/, fc.constantFrom('80', 'h:8080', '[::1]:1'), ['0', '65536', 'h:', 'h', ':x', '80:80:80']],
  [/^not empty/, lineOfText, ['']],
];

/** `a whole number, 1 to 64`, `whole seconds, 1 to 300`, `whole kilobytes, …`: both ends. */
const RANGE = /^(?:a whole number|whole seconds|whole kilobytes), (\d+) to (\d+)$/;

function rangeOf({ allowed }: KeySpec<unknown>): readonly [min: number, max: number] | null {
  const [, min, max] = RANGE.exec(allowed) ?? [];
  return min === undefined || max === undefined ? null : [Number(min), Number(max)];
}

function kindOf(spec: KeySpec<unknown>): (typeof KINDS)[number] {
  const kind = KINDS.find(([pattern]) => pattern.test(spec.allowed));
  if (kind === undefined) throw new Error(`no values are known for "${spec.allowed}": add them here`);
  return kind;
}

/** Texts that this key takes, as one writes them in the file. */
export function rightValue(spec: KeySpec<unknown>): fc.Arbitrary<string> {
  const range = rangeOf(spec);
  if (range !== null) return fc.integer({ min: range[0], max: range[1] }).map(String);
  const [pattern, right] = kindOf(spec);
  const words = pattern.exec(spec.allowed)?.groups?.['words'];
  if (words === undefined) return right;
  return fc.constantFrom(...words.split(', ')).chain((each) => fc.constantFrom(each, each.toUpperCase()));
}

/** Texts that this key refuses; none for a text that may be anything. */
export function wrongValues(spec: KeySpec<unknown>): readonly string[] {
  const range = rangeOf(spec);
  if (range === null) return kindOf(spec)[2].filter((text) => text !== '' || spec.fallback !== null);
  const [min, max] = range;
  const beyond = [String(max + 1), `${max}0`, ...(min > 0 ? [String(min - 1)] : []), '-1'];
  const odd = ['ten', '0x10', '1e3', '1.5', `${min}s`, `${min} ${min}`, `"${min}`, `${min}'`, '１', '+1', ...beyond];
  return spec.fallback === null ? odd : ['', ...odd];
}

/** A word that is no key and no section of anything. */
export const strangeWord = word.map((text) => `zz_${text}`);
