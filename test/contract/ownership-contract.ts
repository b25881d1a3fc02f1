/** What every ownership promises: one owner at a time, a name for it, and a successor. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ownership, OwnerState } from '../../src/ports/ownership.js';
import { never } from './alarm-store-server.js';

export interface OwnershipFixture {
  /** One more monitor of the same rows. */
  join(): Ownership;
  /** The time of several signs of life. */
  live(): Promise<void>;
  /** Somebody else takes it from whoever has it, and gives it back at once. */
  usurp(): Promise<void>;
  dispose(): Promise<void>;
}

/** Resolves with the state once it is of one of these kinds. */
export async function until(owner: Ownership, ...kinds: readonly OwnerState['kind'][]): Promise<OwnerState> {
  for (;;) {
    const state = owner.state();
    if (kinds.includes(state.kind)) return state;
    await owner.changed(never);
  }
}

/** null: it is not the owner. */
export function termOf(owner: Ownership): number | null {
  const state = owner.state();
  return state.kind === 'owner' ? state.term : null;
}

export function describeOwnership(name: string, open: () => Promise<OwnershipFixture>): void {
  describe(`the ownership of ${name}`, () => {
    let fixture: OwnershipFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.dispose());

    it('goes to the only one that asks', async () => {
      const only = fixture.join();
      await until(only, 'owner');
      expect(only.state()).toEqual({ kind: 'owner', term: expect.any(Number) as number });
    });

    it('lets a second one wait, which can say who has it', async () => {
      await until(fixture.join(), 'owner');
      const second = fixture.join();
      const state = await until(second, 'standby');
      expect(state).toEqual({ kind: 'standby', holder: expect.stringMatching(/\S/) as string });
    });

    it('goes to who waits once it is given back, and never returns to who gave it', async () => {
      const first = fixture.join();
      await until(first, 'owner');
      const second = fixture.join();
      await until(second, 'standby');
      await first.release();
      await until(second, 'owner');
      expect(first.state().kind).toBe('unknown');
    });

    it('keeps its term from one sign of life to the next, also while another one waits for it in vain', async () => {
      const first = fixture.join();
      const before = await until(first, 'owner');
      const second = fixture.join();
      await until(second, 'standby');
      await fixture.live();
      await second.release();
      expect(first.state()).toEqual(before);
    });

    it('has a new term, each time, after it was another’s in between, however short that was', async () => {
      const only = fixture.join();
      await until(only, 'owner');
      const terms = [termOf(only)];
      for (let round = 0; round < 2; round += 1) {
        await fixture.usurp();
        while (termOf(only) === null || termOf(only) === terms.at(-1)) await only.changed(never);
        terms.push(termOf(only));
      }
      expect(new Set(terms).size).toBe(3);
    });

    it('is given to one of many that ask at once', async () => {
      const all = Array.from({ length: 5 }, () => fixture.join());
      await Promise.all(all.map((owner) => until(owner, 'owner', 'standby')));
      expect(all.map((owner) => owner.state().kind).sort()).toEqual([
        'owner',
        'standby',
        'standby',
        'standby',
        'standby',
      ]);
    });

    it('may be given back before it was had, and more than once', async () => {
      const hasty = fixture.join();
      await Promise.all([hasty.release(), hasty.release()]);
      expect(hasty.state().kind).toBe('unknown');
      await until(fixture.join(), 'owner');
    });

    it('ends a wait for a change with its signal', async () => {
      const owner = fixture.join();
      await until(owner, 'owner');
      const over = new AbortController();
      const changed = owner.changed(over.signal);
      over.abort();
      await expect(changed).resolves.toBeUndefined();
    });
  });
}
