/** The user that the installed monitor runs as, and whom we trust with its files. */
import { readFileSync } from 'node:fs';
import { geteuid } from 'node:process';
import { SERVICE_USER } from '../domain/grant-plan.js';

/** Number of that user; null: this host has none. The installer makes it a local one, so no other register is asked. */
export function serviceUserId(): number | null {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    const uid = lines.map((line) => line.split(':')).find(([name]) => name === SERVICE_USER)?.[2];
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
