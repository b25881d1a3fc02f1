/** What `npm run bench -- …` is asked to do. */

/** Parts in the order they run; each can be run alone. `recovery` is last: it ends the connections of the others. `added` only when it is named. */
export const PART_NAMES = [
  'one-alarm',
  'storm',
  'neighbour',
  'idle',
  'memory',
  'start',
  'peers',
  'watch',
  'recovery',
] as const;
export type PartName = (typeof PART_NAMES)[number] | 'added';

export interface BenchArguments {
  readonly parts: readonly PartName[];
  /** Fewer rounds. */
  readonly quick: boolean;
  /** Where the figures are put as JSON; null: nowhere. */
  readonly json: string | null;
  /** Whether docs/performance.json and docs/performance.md are written. */
  readonly write: boolean;
  /** For `added`: the built program of another version; null: this one with everything turned off. */
  readonly before: string | null;
}

export const USAGE = `npm run bench -- [PART…] [--quick] [--json FILE] [--write]
npm run bench -- added [--before PROGRAM]

Parts: ${PART_NAMES.join(', ')}; without any: all of them.
  --quick          fewer rounds, and no storm of 500: about six minutes for all parts instead of twenty
  --json FILE      puts the figures there
  --write          writes docs/performance.json and docs/performance.md; of all parts only
  --before PROGRAM compares with the built program of another version`;

/** Throws an error with the usage where they cannot be understood. */
export function parseArguments(words: readonly string[]): BenchArguments {
  const parts: PartName[] = [];
  const options = { quick: false, write: false, json: null as string | null, before: null as string | null };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--quick' || word === '--write') options[word === '--quick' ? 'quick' : 'write'] = true;
    else if (word === '--json' || word === '--before') {
      const value = rest.shift();
      if (value === undefined) throw new Error(`${word} needs a file\n${USAGE}`);
      options[word === '--json' ? 'json' : 'before'] = value;
    } else if (isPart(word)) parts.push(word);
    else throw new Error(`unknown: ${word}\n${USAGE}`);
  }
  if (options.write && parts.length > 0) throw new Error(`--write is of all parts\n${USAGE}`);
  if (parts.includes('added') && parts.length > 1) throw new Error(`added stands alone\n${USAGE}`);
  const inOrder = [...PART_NAMES, 'added' as const].filter((name) => parts.includes(name));
  return { parts: parts.length === 0 ? PART_NAMES : inOrder, ...options };
}

function isPart(word: string): word is PartName {
  return word === 'added' || PART_NAMES.some((name) => name === word);
}
