/** The catalogue: both languages say everything, in their own grammar. */
import { describe, expect, it } from 'vitest';
import { romanianReason } from '../../../src/cli/reason-ro.js';
import { ENGLISH } from '../../../src/cli/texts-en.js';
import { counted, ROMANIAN } from '../../../src/cli/texts-ro.js';
import { languageOf } from '../../../src/cli/texts.js';
import { skipText } from '../../../src/domain/skip-text.js';
import type { SkipReason } from '../../../src/domain/verdict.js';

/** Every text by its path, with what kind of thing it is. */
function shape(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, part]) => shape(part, `${path}.${key}`));
}

describe('the catalogue', () => {
  it('has every text in both languages, the menu’s items included', () => {
    expect([...shape(ROMANIAN)].sort()).toEqual([...shape(ENGLISH)].sort());
  });

  it('keeps the predecessor’s lines in Romanian', () => {
    expect(ROMANIAN.alarmsHeading).toBe('Procese în stare de alarmă (alarma=1, sound=0):');
    expect(ROMANIAN.alarmLine('2', 'sshd', 'x')).toBe('ID: 2 | Nume: sshd | Notes: x');
    expect(ROMANIAN.forcing('p')).toBe('Forțez restart pentru procesul: p');
    expect(ROMANIAN.restartGood('p')).toBe('Restart reușit pentru p.');
    expect(ROMANIAN.restartBad('p')).toBe('Eroare la restart pentru p.');
  });

  it('keeps the predecessor’s countdown in English', () => {
    expect(ENGLISH.countdown(5)).toBe('Next database check in 5 seconds');
    expect(ENGLISH.countdown(1)).toBe('Next database check in 1 second');
  });

  it.each([
    [0, '0 procese'],
    [1, 'un proces'],
    [2, '2 procese'],
    [19, '19 procese'],
    [20, '20 de procese'],
    [100, '100 de procese'],
    [101, '101 procese'],
    [119, '119 procese'],
    [120, '120 de procese'],
  ])('counts %i in Romanian as "%s"', (count, words) => {
    expect(counted(count, 'un proces', 'procese')).toBe(words);
  });

  it('uses letters with commas below, never with cedillas', () => {
    const written = JSON.stringify(ROMANIAN, (_, value: unknown) =>
      typeof value === 'function' ? String(value) : value,
    );
    expect(written).not.toMatch(/[şţŞŢ]/);
  });
});

describe('the language', () => {
  it.each([
    [{}, 'en'],
    [{ LANG: 'ro_RO.UTF-8' }, 'ro'],
    [{ LANG: 'ro' }, 'ro'],
    [{ LANG: 'C.UTF-8' }, 'en'],
    [{ LANG: 'ro_RO.UTF-8', LC_ALL: 'C' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'ro_RO' }, 'ro'],
    [{ LANG: 'rom' }, 'en'],
  ])('of the environment %j is %s', (environment, language) => {
    expect(languageOf(environment)).toBe(language);
  });
});

const REASONS: readonly SkipReason[] = [
  { code: 'invalid_name', detail: 'DETAIL' },
  { code: 'orphan' },
  { code: 'protected', detail: 'DETAIL' },
  { code: 'unlisted' },
  { code: 'disabled' },
  { code: 'dry_run', would: 'DETAIL' },
  { code: 'cannot_act', detail: 'DETAIL' },
  { code: 'in_progress' },
  { code: 'waits_for_slot' },
  { code: 'owes_write_back' },
  { code: 'recently_recovered' },
  { code: 'breaker_open', retryInMs: 250_000 },
  { code: 'isolated' },
  { code: 'budget_used_up', retryInMs: 250_000, scope: 'host' },
  { code: 'mass_alarm', alarmed: 60, known: 100 },
  { code: 'refused', detail: 'DETAIL', retryInMs: 250_000 },
  { code: 'startup_grace', retryInMs: 250_000 },
  { code: 'just_sighted' },
  { code: 'odd_time' },
];

describe('reasons', () => {
  it.each(REASONS.map((reason) => [reason.code, reason] as const))(
    'tells %s in Romanian with all its facts',
    (_, reason) => {
      const words = romanianReason(reason);
      expect(words).not.toBe(skipText(reason));
      for (const fact of skipText(reason).match(/DETAIL|4 min 10 s|\b60\b|\b100\b/g) ?? [])
        expect(words).toContain(fact);
    },
  );
});
