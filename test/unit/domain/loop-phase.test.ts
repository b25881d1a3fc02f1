/** When the loop counts as stuck. */
import { describe, expect, it } from 'vitest';
import { isProgressing } from '../../../src/domain/loop-phase.js';

const LONGEST = 60_000;

describe('the loop makes progress', () => {
  it('in a cycle until all its deadlines together are over', () => {
    const phase = { kind: 'cycle', sinceMs: 1000 } as const;
    expect(isProgressing(phase, 1000 + LONGEST, LONGEST)).toBe(true);
    expect(isProgressing(phase, 1001 + LONGEST, LONGEST)).toBe(false);
  });

  it('while it starts, for as long', () => {
    const phase = { kind: 'starting', sinceMs: 0 } as const;
    expect(isProgressing(phase, LONGEST, LONGEST)).toBe(true);
    expect(isProgressing(phase, LONGEST + 1, LONGEST)).toBe(false);
  });

  it('in a pause however long it is, but not long after its end', () => {
    const phase = { kind: 'pause', untilMs: 86_400_000 } as const;
    expect(isProgressing(phase, 86_400_000, LONGEST)).toBe(true);
    expect(isProgressing(phase, 86_430_000, LONGEST)).toBe(true);
    expect(isProgressing(phase, 86_430_001, LONGEST)).toBe(false);
  });

  it('while it stops, which systemd bounds itself', () => {
    expect(isProgressing({ kind: 'stopping' }, Infinity, LONGEST)).toBe(true);
  });
});
