/** The user that the installed monitor runs as, and whom we trust with its files. */
import { readFileSync } from 'node:fs';
import { geteuid } from 'node:process';

/** Made by the installer. */
export const SERVICE_USER = 'process-monitor';

/** Number of that user; null: this host has none. The installer makes it a local one, so no other register is asked. */
export function serviceUserId(): number | null {
  try {
    const uid = /^process-monitor:[^:\n]*:(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1];
    return uid === undefined ? null : Number(uid);
  } catch {
    return null;
  }
}

/** Whose files in the monitor's own directories are ours: a command run by root or an operator meets those of the service. */
export function trustedOwners(): readonly number[] {
  const service = serviceUserId();
  return [geteuid?.() ?? 0, ...(service === null ? [] : [service])];
}
