/** Refuses to start where the memory could be another's: nothing that depends on it could be believed. */
import { lstatSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { distrustText, judgePath, type Trust, type TrustRules } from '../domain/file-trust.js';
import type { Settings } from '../config/settings.js';
import { trustedOwners } from './service-account.js';

const EYES = { look: (path: string) => lstatSync(path, { throwIfNoEntry: false }), follow: readlinkSync };

/** By the rules that the daemon itself applies. `unknown`: it may not be looked at by us. */
export function judgePlace(path: string, rules: Omit<TrustRules, 'owners'>): Trust | 'unknown' {
  try {
    return judgePath(resolve(path), EYES, { ...rules, owners: trustedOwners() });
  } catch {
    return 'unknown';
  }
}

/** Why the daemon must not start; null: nothing speaks against it. */
export function untrustedMemory({ monitor }: Settings): string | null {
  const trust = judgePlace(monitor.stateDirectory, { what: 'directory' });
  return trust !== 'unknown' && trust.kind === 'distrusted' ? `state_dir in [monitor]: ${distrustText(trust)}` : null;
}
