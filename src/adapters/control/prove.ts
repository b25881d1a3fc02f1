/** Shows the monitor who asks: makes the file that it has named, which nobody else could have made. */
import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { geteuid } from 'node:process';
import { proofContent } from '../../domain/proof.js';
import type { Question } from './messages.js';

export interface Proof {
  /** The monitor removes it; this is for one that has died meanwhile. Never rejects. */
  remove(): Promise<void>;
}

/** The monitor reads it, and for that it needs no rights over the asker. */
const PROOF_MODE = 0o644;
const MADE_MODE = 0o600;

/**
 * The directory belongs to a user with fewer rights than the asker may have: it is opened once, not through a link, and the file is made
 * inside what was opened, so that it cannot be turned into another place meanwhile. Rejects where the file cannot be made.
 */
export async function prove(directory: string, { nonce, gid }: Question): Promise<Proof> {
  const opened = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const path = `/proc/self/fd/${opened.fd}/${nonce}`;
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, MADE_MODE);
    try {
      await file.writeFile(proofContent(nonce));
      // Only a member can give it to the group; whoever is none is told so by the monitor.
      if (gid !== null && geteuid?.() !== 0) await file.chown(-1, gid).catch(() => undefined);
      await file.chmod(PROOF_MODE);
    } finally {
      await file.close();
    }
  } catch (error) {
    await opened.close();
    throw error;
  }
  return {
    async remove() {
      await unlink(path).catch(() => undefined);
      await opened.close().catch(() => undefined);
    },
  };
}
