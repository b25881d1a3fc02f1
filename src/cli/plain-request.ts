/** Command lines of one word, as the unit and scripts write them: read without the parser, which costs more than the rest. */
import type { Request } from './request.js';

const PLAIN = {
  run: { command: 'run', isOnce: false, isDryRun: false },
  status: { command: 'status', isJson: false },
  reload: { command: 'reload' },
} as const satisfies Readonly<Record<string, Request>>;

/** The words that are read here: `Object.keys` alone forgets which. */
export const PLAIN_WORDS = Object.keys(PLAIN) as readonly (keyof typeof PLAIN)[];

/** `argv`: without the program's own name. null: for the parser. */
export function plainRequest(argv: readonly string[]): Request | null {
  const [word] = argv;
  const plain = argv.length === 1 ? PLAIN_WORDS.find((each) => each === word) : undefined;
  return plain === undefined ? null : PLAIN[plain];
}
