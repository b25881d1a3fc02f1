/** The line on an alarm in `status`. */
import { expect, it } from 'vitest';
import { alarmLine } from '../../../src/cli/status.js';
import { ENGLISH as en } from '../../../src/cli/texts-en.js';
import { row } from '../../support/triage-world.js';

const long = { ...row(2, 'sshd'), notes: 'ț'.repeat(50_000) };

it('a note of any length takes one line of a terminal', () => {
  expect(alarmLine(long, en, 40)).toBe(`ID: 2 | Name: sshd | Notes: ${'ț'.repeat(11)}…`);
});

it('a note is whole in a pipe', () => {
  expect(alarmLine(long, en, null)).toBe(`ID: 2 | Name: sshd | Notes: ${long.notes}`);
});
