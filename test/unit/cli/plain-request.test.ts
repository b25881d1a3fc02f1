/** Plain command lines mean the same as to the parser. */
import { expect, it } from 'vitest';
import { parse } from '../../../src/cli/parse.js';
import { plainRequest, PLAIN_WORDS } from '../../../src/cli/plain-request.js';

const SILENT = { version: '1', out: () => undefined, err: () => undefined };

it.each(PLAIN_WORDS)('reads %s as the parser does', (word) => {
  expect(parse([word], SILENT)).toEqual({
    kind: 'request',
    request: plainRequest([word]),
    globals: { config: null, logLevel: null, lang: null },
  });
});

it.each([[], [''], ['toString'], ['run', '--once'], ['--once'], ['status', 'x'], ['--help', 'run']])(
  'leaves %j to the parser',
  (...argv) => {
    expect(plainRequest(argv)).toBeNull();
  },
);
