/** Who may act: judges the file by which somebody at the control socket proves who they are. */
import { safeText } from './safe-text.js';

/** What was handed out, and when (wall time). */
export interface Challenge {
  readonly nonce: string;
  readonly givenAtMs: number;
}

/** The file of that name, as it was found; null where there is none. */
export interface ProofFile {
  readonly isRegular: boolean;
  readonly links: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Wall time. */
  readonly madeAtMs: number;
  /** null: the monitor may not read it. */
  readonly content: string | null;
}

/** What the monitor knows of itself and of those who may act. */
export interface Doorkeeper {
  readonly ownUid: number;
  readonly operators: { readonly name: string; readonly gid: number | null } | null;
  /** False for the number that stands for every user (group) that the monitor's user namespace does not show. */
  readonly isTellableUid: (uid: number) => boolean;
  readonly isTellableGid: (gid: number) => boolean;
}

/** `uid`: the file's owner; null: not proved. */
export type Judgement =
  | { readonly kind: 'allowed'; readonly uid: number }
  | { readonly kind: 'refused'; readonly uid: number | null; readonly why: string };

/** The kernel stamps files with the time of its last tick, which may lie this far back. */
const TICK_SLACK_MS = 100;
const OTHERS_MAY_WRITE = 0o022;
const ROOT = 0;

/** What the file must hold. */
export function proofContent(nonce: string): string {
  return `${nonce}\n`;
}

export function judgeProof(
  file: ProofFile | null,
  challenge: Challenge,
  keeper: Doorkeeper,
  command: string,
): Judgement {
  const flaw = flawOf(file, challenge);
  if (file === null || flaw !== null)
    return { kind: 'refused', uid: null, why: `who asks is not proved: ${flaw ?? ''}` };
  const { uid } = file;
  if (uid === ROOT) return { kind: 'allowed', uid };
  const refused = (why: string): Judgement => ({ kind: 'refused', uid, why });
  if (uid === keeper.ownUid) {
    return command === 'reload'
      ? { kind: 'allowed', uid }
      : refused(`the monitor's own user may only reload; ${whoMay(keeper)}`);
  }
  // The number that stands for everybody is nobody's: it must not be recorded as who asked.
  if (!keeper.isTellableUid(uid)) return { kind: 'refused', uid: null, why: adviceTo(file, keeper) };
  return isOperator(file, keeper) ? { kind: 'allowed', uid } : refused(adviceTo(file, keeper));
}

/** null: the file could only have been made by its owner, for this challenge. */
function flawOf(file: ProofFile | null, { nonce, givenAtMs }: Challenge): string | null {
  if (file === null) return 'there is no proof file';
  if (!file.isRegular) return 'the proof is no regular file';
  if (file.links !== 1) return 'the proof file has a second name';
  if ((file.mode & OTHERS_MAY_WRITE) !== 0) return 'others than its owner may write the proof file';
  if (file.madeAtMs < givenAtMs - TICK_SLACK_MS) return 'the proof file is older than the question';
  if (file.content === null) return 'the monitor may not read the proof file';
  return file.content === proofContent(nonce) ? null : 'the proof file does not hold what was asked for';
}

function isOperator({ uid, gid }: ProofFile, { operators, isTellableUid, isTellableGid }: Doorkeeper): boolean {
  return operators !== null && gid === operators.gid && isTellableUid(uid) && isTellableGid(gid);
}

function adviceTo({ uid, gid }: ProofFile, keeper: Doorkeeper): string {
  const { operators, isTellableUid, isTellableGid } = keeper;
  if (operators !== null && !(isTellableUid(uid) && isTellableGid(gid)))
    return 'the monitor is in a user namespace that hides who you are: ask as root, or have root run process-monitor grant, which gives its unit PrivateUsers=no, and restart the monitor';
  if (operators?.gid === null)
    return `group ${safeText(operators.name)} (operators_group) is not known on this host: ask as root`;
  return `${isTellableUid(uid) ? `user ${uid}` : 'this user'} may not do this; ${whoMay(keeper)}`;
}

function whoMay({ operators }: Doorkeeper): string {
  return operators === null
    ? 'only root may: use sudo, or name a group as operators_group in [monitor]'
    : `root may, and members of group ${safeText(operators.name)}: use sudo, or have root add you with usermod -aG and log in again`;
}
