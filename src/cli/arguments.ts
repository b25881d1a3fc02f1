/** Reads the predecessor's spellings as today's words, and no word at all as `run`. Decides nothing else. */

/** Global options that are followed by their value. */
const TAKES_VALUE: ReadonlySet<string> = new Set(['--config', '--log-level', '--lang']);
/** Answered without any command. */
const ASKS_ABOUT_US: ReadonlySet<string> = new Set(['--help', '-h', '--version', '-V']);

/** An old flag, and the words that it stands for. */
type Spellings = Readonly<Record<string, readonly string[]>>;

const OLD_SPELLINGS: Spellings = {
  '--config-test': ['config', 'check'],
  '--status': ['status'],
  '--restart': ['restart'],
};

/** The flags of the predecessor's test utility. */
const OLD_ALARM_FLAGS: Spellings = {
  // That utility never asked back, and scripts rely on it.
  '--reset-all': ['clear', '--all', '--yes'],
  '--random': ['random'],
};

/** The arguments without the program's own name, as the parser wants them. */
export function modernArguments(argv: readonly string[]): readonly string[] {
  const position = firstWord(argv, OLD_SPELLINGS);
  const [word, ...rest] = argv.slice(position);
  const before = argv.slice(0, position);
  if (word === undefined) return before.some((each) => ASKS_ABOUT_US.has(each)) ? before : ['run', ...before];
  if (word === 'alarm') return [...before, word, ...alarmArguments(rest)];
  return [...before, ...(spelling(OLD_SPELLINGS, word) ?? [word]), ...rest];
}

/** Index of the first argument that names a command, in whatever spelling; the length where there is none. */
function firstWord(argv: readonly string[], spellings: Spellings): number {
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (spelling(spellings, argument) !== null || !argument.startsWith('-')) return index;
    if (TAKES_VALUE.has(argument)) index += 1;
  }
  return argv.length;
}

/** `alarm` without a word of its own is the menu. */
function alarmArguments(rest: readonly string[]): readonly string[] {
  const position = firstWord(rest, OLD_ALARM_FLAGS);
  const word = rest[position];
  if (word === undefined) return rest.some((each) => ASKS_ABOUT_US.has(each)) ? rest : ['menu', ...rest];
  const old = spelling(OLD_ALARM_FLAGS, word);
  return old === null ? rest : [...old, ...rest.slice(0, position), ...rest.slice(position + 1)];
}

/** `--restart=sshd` counts as `--restart sshd`. */
function spelling(table: Spellings, argument: string): readonly string[] | null {
  const equals = argument.indexOf('=');
  const flag = equals === -1 ? argument : argument.slice(0, equals);
  const words = Object.hasOwn(table, flag) ? table[flag] : undefined;
  if (words === undefined) return null;
  return equals === -1 ? words : [...words, argument.slice(equals + 1)];
}
