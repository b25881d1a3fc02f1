/** Who may act, by the file that proves it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  judgeProof,
  proofContent,
  type Challenge,
  type Doorkeeper,
  type ProofFile,
} from '../../../src/domain/proof.js';

const CHALLENGE: Challenge = { nonce: 'ab12', givenAtMs: 1_000_000 };
const OWN = 990;
const OPERATORS = 1500;
const HIDDEN = 65_534;
const isTellable = (id: number): boolean => id !== HIDDEN;
const KEEPER: Doorkeeper = {
  ownUid: OWN,
  operators: { name: 'operators', gid: OPERATORS },
  isTellableUid: isTellable,
  isTellableGid: isTellable,
};
const GOOD: ProofFile = {
  isRegular: true,
  links: 1,
  mode: 0o644,
  uid: 0,
  gid: 0,
  madeAtMs: CHALLENGE.givenAtMs,
  content: proofContent(CHALLENGE.nonce),
};

function judge(changed: Partial<ProofFile>, command = 'restart', keeper = KEEPER) {
  return judgeProof({ ...GOOD, ...changed }, CHALLENGE, keeper, command);
}

describe('acting', () => {
  it('is for root, also where the monitor itself is root', () => {
    expect(judge({})).toEqual({ kind: 'allowed', uid: 0 });
    expect(judge({}, 'restart', { ...KEEPER, ownUid: 0, operators: null })).toEqual({ kind: 'allowed', uid: 0 });
  });

  it('is for those who can give a file to the operators group', () => {
    expect(judge({ uid: 1001, gid: OPERATORS })).toEqual({ kind: 'allowed', uid: 1001 });
  });

  it('is not for the user of the monitor, who may only have it reload, whatever group it has', () => {
    expect(judge({ uid: OWN, gid: OPERATORS }, 'reload')).toEqual({ kind: 'allowed', uid: OWN });
    expect(judge({ uid: OWN, gid: OPERATORS })).toMatchObject({ kind: 'refused', uid: OWN });
  });

  it('is for nobody else, who is told what to do', () => {
    expect(judge({ uid: 1001, gid: 1001 })).toMatchObject({ kind: 'refused', uid: 1001 });
    expect(judge({ uid: 1001, gid: 1001 })).toMatchObject({
      why: expect.stringContaining('members of group operators') as string,
    });
    const noGroup = judge({ uid: 1001, gid: 1001 }, 'restart', { ...KEEPER, operators: null });
    expect(noGroup).toMatchObject({ why: expect.stringContaining('operators_group in [monitor]') as string });
  });

  it('is not for one whose number or group only stands for many others', () => {
    const hidden = { ...KEEPER, operators: { name: 'nogroup', gid: HIDDEN } };
    expect(judge({ uid: 1001, gid: HIDDEN }, 'restart', hidden)).toMatchObject({ kind: 'refused' });
    expect(judge({ uid: HIDDEN, gid: OPERATORS })).toMatchObject({
      kind: 'refused',
      // Not recorded as that user: who it was is not known.
      uid: null,
      why: expect.stringContaining(
        'process-monitor grant, which gives its unit PrivateUsers=no, and restart',
      ) as string,
    });
    const noGroup = judge({ uid: HIDDEN, gid: 1001 }, 'restart', { ...KEEPER, operators: null });
    expect(noGroup).toMatchObject({ uid: null, why: expect.stringMatching(/^this user may not/) as string });
  });

  it('is refused where the group of the settings is not known on this host', () => {
    const unknown = { ...KEEPER, operators: { name: 'opers', gid: null } };
    expect(judge({ uid: 1001, gid: 1001 }, 'restart', unknown)).toMatchObject({
      why: expect.stringContaining('group opers (operators_group) is not known') as string,
    });
  });
});

describe('a proof', () => {
  it.each<[string, Partial<ProofFile>]>([
    ['is a link, a directory or a pipe', { isRegular: false }],
    ['has a second name', { links: 2 }],
    ['has lost its name', { links: 0 }],
    ['may be written by its group', { mode: 0o664 }],
    ['may be written by everybody', { mode: 0o646 }],
    ['is older than the question', { madeAtMs: CHALLENGE.givenAtMs - 1000 }],
    ['cannot be read', { content: null }],
    ['is empty', { content: '' }],
    ['holds the answer to another question', { content: proofContent('ab13') }],
  ])('that %s proves nothing, even if it is root’s', (_, changed) => {
    expect(judge(changed)).toMatchObject({ kind: 'refused', uid: null });
  });

  it('that is missing proves nothing', () => {
    expect(judgeProof(null, CHALLENGE, KEEPER, 'reload')).toMatchObject({ kind: 'refused', uid: null });
  });

  it('may carry the stamp of the tick before the question', () => {
    expect(judge({ madeAtMs: CHALLENGE.givenAtMs - 10 })).toMatchObject({ kind: 'allowed' });
  });

  it('lets nobody act but whom these rules name, whatever the file looks like', () => {
    const ids = fc.constantFrom(0, OWN, 1001, OPERATORS, HIDDEN);
    const file = fc.record<ProofFile>({
      isRegular: fc.boolean(),
      links: fc.integer({ min: 0, max: 3 }),
      mode: fc.integer({ min: 0, max: 0o7777 }),
      uid: ids,
      gid: ids,
      madeAtMs: fc.integer({ min: CHALLENGE.givenAtMs - 500, max: CHALLENGE.givenAtMs + 500 }),
      content: fc.oneof(fc.constant(GOOD.content), fc.string(), fc.constant(null)),
    });
    fc.assert(
      fc.property(file, fc.constantFrom('restart', 'breaker_reset', 'reload'), (seen, command) => {
        const isWhole =
          seen.isRegular && seen.links === 1 && (seen.mode & 0o022) === 0 && seen.content === GOOD.content;
        const isNew = seen.madeAtMs >= CHALLENGE.givenAtMs - 100;
        const isOperator = ![0, OWN, HIDDEN].includes(seen.uid) && seen.gid === OPERATORS;
        const may = seen.uid === 0 || (seen.uid === OWN && command === 'reload') || isOperator;
        const { kind } = judgeProof(seen, CHALLENGE, KEEPER, command);
        expect(kind === 'allowed').toBe(isWhole && isNew && may);
      }),
      { numRuns: 2000 },
    );
  });
});
