/** How each outcome counts for the breaker. */
import { describe, expect, it } from 'vitest';
import { assertNever, breakerVote, type RestartOutcome } from '../../../src/domain/outcome.js';

describe('the breaker', () => {
  it.each<[string, RestartOutcome, 'ok' | 'failed' | 'abstain']>([
    ['hears a good word of a recovery', { kind: 'recovered', attempts: 1, tookMs: 5 }, 'ok'],
    ['counts a process that is not well', { kind: 'still_unhealthy', attempts: 2, detail: 'x' }, 'failed'],
    ['counts a command that failed', { kind: 'command_failed', attempts: 2, detail: 'x' }, 'failed'],
    ['does not count missing rights', { kind: 'refused', detail: 'polkit' }, 'abstain'],
    ['does not count a shutdown', { kind: 'interrupted', why: 'shutdown' }, 'abstain'],
    ['does not count a row that others took', { kind: 'interrupted', why: 'no_longer_ours' }, 'abstain'],
    ['does not count a lost database', { kind: 'interrupted', why: 'blind' }, 'abstain'],
    ['does not count an operator at work', { kind: 'interrupted', why: 'operator_at_work' }, 'abstain'],
    ['does not count an empty budget', { kind: 'interrupted', why: 'budget_used_up' }, 'abstain'],
  ])('%s', (_sentence, outcome, vote) => {
    expect(breakerVote(outcome)).toBe(vote);
  });
});

it('a case that nobody thought of is a loud mistake', () => {
  expect(() => assertNever({ kind: 'new' } as never)).toThrow('unexpected value: {"kind":"new"}');
});
