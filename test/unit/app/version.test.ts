/** What `--version` says. */
import { expect, it } from 'vitest';
import { versionText } from '../../../src/app/version.js';

it.each([
  ['1a2b3c4d5e6f', 'process-monitor 1.2.3 (commit 1a2b3c4d5e6f, Node v20.20.2)'],
  ['local', 'process-monitor 1.2.3+local (Node v20.20.2)'],
  [null, 'process-monitor 1.2.3 (Node v20.20.2)'],
])('a build of %s says %s', (provenance, text) => {
  expect(versionText('1.2.3', provenance, 'v20.20.2')).toBe(text);
});

it('says which Node runs it', () => {
  expect(versionText()).toBe(`process-monitor 0.0.0-source (Node ${process.version})`);
});
