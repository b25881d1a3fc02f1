/** What differs between two texts, line by line, for people. */

/** Lines that go begin with `- `, lines that come with `+ `; what is alike at both ends is left out. */
export function differences(before: string, after: string): readonly string[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  let first = 0;
  while (first < Math.min(old.length, fresh.length) && old[first] === fresh[first]) first += 1;
  let rest = 0;
  const most = Math.min(old.length, fresh.length) - first;
  while (rest < most && old.at(-1 - rest) === fresh.at(-1 - rest)) rest += 1;
  return [
    ...old.slice(first, old.length - rest).map((line) => `- ${line}`),
    ...fresh.slice(first, fresh.length - rest).map((line) => `+ ${line}`),
  ];
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
