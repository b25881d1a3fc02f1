/** How long the pauses of a handling are, and how long it may take at most. */
import { describe, expect, it } from 'vitest';
import { longestHandlingMs, restartDelayMs } from '../../../src/domain/handling-time.js';
import { policyOf } from '../../support/policy.js';

describe('the pause before an attempt', () => {
  it('stays the same with a multiplier of one', () => {
    const policy = policyOf({ restartDelayMs: 2000, restartDelayMultiplier: 1 });
    expect([2, 3, 9].map((attempt) => restartDelayMs(policy, attempt))).toEqual([2000, 2000, 2000]);
  });

  it('grows up to its cap', () => {
    const policy = policyOf({ restartDelayMs: 1000, restartDelayMultiplier: 2, restartDelayMaxMs: 5000 });
    expect([2, 3, 4, 5, 6].map((attempt) => restartDelayMs(policy, attempt))).toEqual([1000, 2000, 4000, 5000, 5000]);
  });

  it('is not cut below its own start by a smaller cap', () => {
    expect(restartDelayMs(policyOf({ restartDelayMs: 10_000, restartDelayMaxMs: 5000 }), 2)).toBe(10_000);
  });
});

describe('the longest time of a handling', () => {
  const policy = policyOf({
    commandTimeoutMs: 100,
    stopTimeoutMs: 20,
    settleTimeMs: 3,
    healthCheckTimeoutMs: 7,
    restartDelayMs: 1000,
  });

  it('is one attempt for a trial', () => {
    expect(longestHandlingMs(policy, 1)).toBe(130);
  });

  it('counts every attempt, the pauses between them and the command before them', () => {
    expect(longestHandlingMs({ ...policy, preRestartCommand: 'true' }, 3)).toBe(100 + 3 * 130 + 2 * 1000);
  });
});
