/** Splits a command line the way a shell would, or says that only a shell can run it. */

/**
 * `words`: a program with its arguments, for which no shell is needed.
 * `shell`: the line holds shell syntax. `program` is set where it is a single command beginning with a plain word, so
 * that `exec` may be put before it; null: anything else.
 * `bad`: no shell would take it either.
 */
export type ParsedCommandLine =
  | { readonly kind: 'words'; readonly words: readonly [string, ...string[]] }
  | { readonly kind: 'shell'; readonly program: string | null }
  | { readonly kind: 'bad'; readonly detail: string };

/** The pieces of a line. Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting and 2.10.1 lexical conventions. */
const PIECE = new RegExp(
  [
    /(?<blank>[ \t]+|\\\n)/,
    /'(?<single>[^']*)'/,
    /"(?<double>(?:[^"\\]|\\[^])*)"/,
    /\\(?<escaped>[^])/,
    /(?<redirect>[<>]&[0-9-]|>>|>\||<>|>|<(?!<))/,
    /(?<operator>[|&;()<`\n])/,
    /(?<expansion>[$*?[])/,
    /(?<leading>[~#])/,
    /(?<plain>[^ \t\n'"\\|&;<>()$`*?[~#]+)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'y',
);

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

interface Scan {
  readonly words: string[];
  /** The word that is being put together; null: between two words. */
  word: string | null;
  needsShell: boolean;
  /** One command, and its first word is what it says. */
  isSingle: boolean;
}

/** Never throws. */
export function parseCommandLine(line: string): ParsedCommandLine {
  const text = line.trim();
  if (text === '') return { kind: 'bad', detail: 'the command line is empty' };
  if (text.includes('\0')) return { kind: 'bad', detail: 'the command line holds a NUL' };
  const scan: Scan = { words: [], word: null, needsShell: false, isSingle: true };
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < text.length) {
    const at = PIECE.lastIndex;
    const piece = PIECE.exec(text)?.groups;
    // Where commands are nested, quotes are too: then only a shell can tell whether they pair.
    if (piece === undefined) return scan.isSingle ? unpaired(text.charAt(at)) : { kind: 'shell', program: null };
    const isComment = piece['leading'] === '#' && scan.word === null;
    take(piece, scan);
    // The quotes of a comment need not pair.
    if (isComment) break;
  }
  endWord(scan);
  return judge(scan);
}

function unpaired(character: string): ParsedCommandLine {
  const what = character === '\\' ? 'ends with a backslash' : `has a ${character} that is never closed`;
  return { kind: 'bad', detail: `the command line ${what}` };
}

function take(piece: Readonly<Record<string, string | undefined>>, scan: Scan): void {
  const { blank, single, double, escaped, redirect, operator, expansion, leading, plain } = piece;
  if (blank !== undefined) {
    // A line that goes on in the next one is not cut there.
    if (!blank.startsWith('\\')) endWord(scan);
  } else if (redirect !== undefined || operator !== undefined) {
    endWord(scan);
    scan.needsShell = true;
    if (operator !== undefined || scan.words.length === 0) scan.isSingle = false;
  } else if (expansion !== undefined || (leading !== undefined && scan.word === null)) {
    needShell(scan);
  } else if (double !== undefined) {
    if (/(?<!\\)(?:\\\\)*[$`]/.test(double)) needShell(scan);
    append(
      scan,
      double.replace(/\\([$`"\\\n])/g, (_, character: string) => (character === '\n' ? '' : character)),
    );
  } else {
    append(scan, single ?? escaped ?? leading ?? plain ?? '');
  }
}

function needShell(scan: Scan): void {
  scan.needsShell = true;
  if (scan.words.length === 0) scan.isSingle = false;
  append(scan, '');
}

function append(scan: Scan, text: string): void {
  scan.word = (scan.word ?? '') + text;
}

function endWord(scan: Scan): void {
  if (scan.word !== null) scan.words.push(scan.word);
  scan.word = null;
}

function judge({ words, needsShell, isSingle }: Scan): ParsedCommandLine {
  const [program, ...rest] = words;
  const assigns = program !== undefined && ASSIGNMENT.test(program);
  if (program === undefined || needsShell || assigns)
    return { kind: 'shell', program: isSingle && !assigns ? (program ?? null) : null };
  if (program === '') return { kind: 'bad', detail: 'the command line begins with an empty word' };
  return { kind: 'words', words: [program, ...rest] };
}
