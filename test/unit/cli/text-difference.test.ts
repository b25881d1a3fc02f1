/** What differs between two texts. */
import { expect, it } from 'vitest';
import { differences } from '../../../src/cli/text-difference.js';

it.each([
  ['', 'a\nb\n', ['+ a', '+ b']],
  ['a\nb\n', '', ['- a', '- b']],
  ['a\nb\nc\n', 'a\nx\nc\n', ['- b', '+ x']],
  ['a\n', 'a\na\n', ['+ a']],
  ['a\n', 'a\n', []],
])('from %j to %j', (before, after, lines) => {
  expect(differences(before, after)).toEqual(lines);
});
