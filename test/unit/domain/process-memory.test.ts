/** What the end of a handling and of its watch leaves in the memory. */
import { describe, expect, it } from 'vitest';
import type { RestartOutcome } from '../../../src/domain/outcome.js';
import {
  isBlank,
  newMemory,
  NO_EVIDENCE,
  relapsed,
  settled,
  stabilised,
  type Handling,
  type ProcessMemory,
} from '../../../src/domain/process-memory.js';
import { policyOf } from '../../support/policy.js';

const policy = policyOf({ stableTimeMs: 60_000 });
const NOW = 1_000_000;
const blank = newMemory('app');
const handling: Handling = {
  alarmId: 'one',
  startedMs: NOW - 5000,
  deadlineMs: NOW + 5000,
  attempt: 1,
  step: 'unit',
  stepEnded: null,
  askedBy: null,
  before: NO_EVIDENCE,
  claim: null,
};
const busy: ProcessMemory = { ...blank, inFlight: handling, breaker: { kind: 'closed', failures: 1 } };
const settlement = { policy, alarmId: 'one', evidence: NO_EVIDENCE, isCounted: true };
const settle = (outcome: RestartOutcome, memory = busy): ProcessMemory => settled(memory, outcome, settlement, NOW);

describe('a handling that is over', () => {
  it('leaves a watch and no vote yet when the process is well', () => {
    expect(settle({ kind: 'recovered', attempts: 1, tookMs: 5 })).toEqual({
      ...blank,
      breaker: { kind: 'closed', failures: 1 },
      watch: { untilMs: NOW + 60_000, alarmId: 'one', after: NO_EVIDENCE },
    });
  });

  it('counts once when the process is not well, however many attempts it took', () => {
    const after = settle({ kind: 'still_unhealthy', attempts: 5, detail: 'x' });
    expect(after).toEqual({ ...blank, breaker: { kind: 'closed', failures: 2 } });
  });

  it('does not count where a person had asked for it', () => {
    const outcome = { kind: 'command_failed', attempts: 1, detail: 'x' } as const;
    const after = settled(busy, outcome, { ...settlement, isCounted: false }, NOW);
    expect(after.breaker).toEqual({ kind: 'closed', failures: 1 });
  });

  it.each<[string, RestartOutcome, ProcessMemory['refusal']]>([
    [
      'is held for a minute where rights forbid it',
      { kind: 'refused', detail: 'polkit' },
      { untilMs: NOW + 60_000, detail: 'polkit' },
    ],
    [
      'is held for ten seconds where it may be right in a moment',
      { kind: 'refused', detail: 'silence', isPassing: true },
      { untilMs: NOW + 10_000, detail: 'silence' },
    ],
    [
      'is held for ten seconds where an operator is at work',
      { kind: 'interrupted', why: 'operator_at_work' },
      { untilMs: NOW + 10_000, detail: 'a job for its unit is under way already' },
    ],
    ['is not held where others took the row', { kind: 'interrupted', why: 'no_longer_ours' }, null],
    ['is not held where the database was lost', { kind: 'interrupted', why: 'blind' }, null],
    ['is not held where the budget is used up', { kind: 'interrupted', why: 'budget_used_up' }, null],
    ['is not held where the monitor stops', { kind: 'interrupted', why: 'shutdown' }, null],
  ])('%s, and nothing is counted', (_sentence, outcome, refusal) => {
    expect(settle(outcome)).toEqual({ ...blank, breaker: { kind: 'closed', failures: 1 }, refusal });
  });
});

describe('the stable period', () => {
  const watched: ProcessMemory = {
    ...blank,
    breaker: { kind: 'half_open', openings: 2 },
    watch: { untilMs: NOW, alarmId: 'one', after: NO_EVIDENCE },
    handledMs: NOW - 1,
  };

  it('closes the breaker at its end', () => {
    expect(stabilised(watched)).toEqual({ ...watched, watch: null, breaker: { kind: 'closed', failures: 0 } });
  });

  it('closes an open breaker too, but not one that a person holds', () => {
    const open = { kind: 'open', openings: 1, untilMs: NOW + 1 } as const;
    expect(stabilised({ ...watched, breaker: open }).breaker).toEqual({ kind: 'closed', failures: 0 });
    expect(stabilised({ ...watched, breaker: { kind: 'isolated' } }).breaker).toEqual({ kind: 'isolated' });
  });

  it('counts a relapse as the failed trial, and lets the alarm be handled again', () => {
    const after = relapsed(watched, policy, NOW);
    expect(after).toMatchObject({ watch: null, handledMs: null, breaker: { kind: 'open', openings: 3 } });
  });

  it('drops a clearing that is still owed: it would hide the relapse', () => {
    const debt = { stamp: 's', sinceMs: 0, alarmId: 'one', claim: null };
    expect(relapsed({ ...watched, owed: { ...debt, kind: 'clear' } }, policy, NOW).owed).toBeNull();
    expect(relapsed({ ...watched, owed: { ...debt, kind: 'raise' } }, policy, NOW).owed).not.toBeNull();
  });
});

describe('a memory is worth keeping', () => {
  const isKept = (wish: Partial<ProcessMemory>): boolean => !isBlank({ ...blank, ...wish }, NOW, 1000);

  it.each<[string, boolean, Partial<ProcessMemory>]>([
    ['not when nothing happened', false, {}],
    ['with one failure', true, { breaker: { kind: 'closed', failures: 1 } }],
    ['while held by a person', true, { breaker: { kind: 'isolated' } }],
    ['while a handling is under way', true, { inFlight: handling }],
    ['while it owes', true, { owed: { kind: 'clear', stamp: '', sinceMs: 0, alarmId: 'x', claim: null } }],
    ['while it is watched', true, { watch: { untilMs: 0, alarmId: 'x', after: NO_EVIDENCE } }],
    ['while the source has to clear it', true, { handledMs: 0 }],
    ['while it is held', true, { refusal: { untilMs: NOW + 1, detail: '' } }],
    ['not when its hold is over', false, { refusal: { untilMs: NOW, detail: '' } }],
    ['while a restart counts', true, { restarts: [NOW - 999] }],
    ['not when no restart counts any more', false, { restarts: [NOW - 1000] }],
  ])('%s', (_sentence, kept, wish) => {
    expect(isKept(wish)).toBe(kept);
  });
});
