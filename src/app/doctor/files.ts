/** Owners and modes of every place that the monitor reads or writes, by the rules that it applies itself. */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LOG_NAME } from '../../adapters/log/log-trust.js';
import { lookupUser, type UserAccount } from '../../adapters/exec/user-lookup.js';
import type { FileFacts, TrustRules } from '../../domain/file-trust.js';
import { finding, type Finding } from '../../domain/finding.js';
import { shellCommand } from '../../domain/shell-word.js';
import type { Settings } from '../../config/settings.js';
import { QUESTION_TIMEOUT_MS } from '../../engine/deps.js';
import { judgePlace } from '../trusted-places.js';
import type { DoctorContext } from './context.js';

const ABOUT = 'files';
const READ: Place['rules'] = { what: 'read' };
const WRITTEN: Place['rules'] = { what: 'written' };
const DIRECTORY: Place['rules'] = { what: 'directory' };

interface Place {
  /** The key that names it, or a word. */
  readonly what: string;
  readonly path: string;
  readonly rules: Omit<TrustRules, 'owners'>;
  /** Nobody makes it for us. */
  readonly isNeeded?: boolean;
  /** Not for everybody to read. */
  readonly isSecret?: boolean;
}

export async function examineFiles(context: DoctorContext): Promise<readonly Finding[]> {
  const { settings, configFile } = context;
  const user = await userOfMonitor(context);
  const places = [
    { what: 'settings', path: resolve(configFile), rules: READ, isNeeded: true },
    ...(settings === null ? [] : placesOf(settings)),
  ];
  return places.flatMap((place) => examinePlace(place, user));
}

function placesOf({ database, monitor, logging, selfRecovery }: Settings): readonly Place[] {
  const named = (what: string, path: string | null, place: Omit<Place, 'what' | 'path'>): readonly Place[] =>
    path === null ? [] : [{ what, path, ...place }];
  const isReadOnly = { rules: READ, isNeeded: true };
  return [
    { what: 'state_dir', path: monitor.stateDirectory, rules: DIRECTORY },
    { what: 'memory', path: join(monitor.stateDirectory, 'state.json'), rules: WRITTEN },
    { what: 'memory', path: join(monitor.stateDirectory, 'state.changes'), rules: WRITTEN },
    { what: 'run_directory', path: monitor.runDirectory, rules: DIRECTORY },
    { what: 'log directory', path: logging.directory, rules: { ...DIRECTORY, mayGroupsWriteAbove: true } },
    ...logFiles(logging.directory),
    ...named('heartbeat_file', selfRecovery.heartbeatFile, { rules: WRITTEN }),
    ...(database.engine === 'sqlite'
      ? [{ what: 'path', path: database.path, rules: { ...WRITTEN, isShared: true } }]
      : [
          ...named('ssl_ca', database.ssl.caFile, isReadOnly),
          ...named('ssl_cert', database.ssl.certFile, isReadOnly),
          ...named('ssl_key', database.ssl.keyFile, { ...isReadOnly, isSecret: true }),
        ]),
  ];
}

function logFiles(directory: string): readonly Place[] {
  const rules = { ...WRITTEN, mostNames: 3, mayGroupsWriteAbove: true };
  try {
    const names = readdirSync(directory).filter((name) => LOG_NAME.test(name));
    return names.map((name) => ({ what: 'log file', path: join(directory, name), rules }));
  } catch {
    return [];
  }
}

function examinePlace(place: Place, user: UserAccount | null): readonly Finding[] {
  const { what, path } = place;
  const trust = judgePlace(path, place.rules);
  if (trust === 'unknown') return [finding('skipped', ABOUT, 'place_hidden', { what, path })];
  if (trust.kind === 'distrusted') {
    const { problem, remedy } = trust;
    return [finding('problem', ABOUT, 'place_distrusted', { what, path: trust.path, problem, remedy })];
  }
  if (trust.facts === null) {
    return [
      place.isNeeded === true
        ? finding('problem', ABOUT, 'place_missing_needed', { what, path })
        : finding('fine', ABOUT, 'place_missing', { what, path }),
    ];
  }
  const found = [...exposure(place, trust.facts), ...unreadable(place, trust.facts, user), ...sharedAbove(place)];
  return found.length > 0 ? found : [finding('fine', ABOUT, 'place_good', { what, path })];
}

function exposure({ what, path, isSecret = false }: Place, { mode }: FileFacts): readonly Finding[] {
  if (!isSecret || (mode & 0o004) === 0) return [];
  const remedy = shellCommand('chmod', 'o-r', '--', path);
  return [finding('problem', ABOUT, 'place_exposed', { what, path, mode: modeText(mode), remedy })];
}

/** What root made is often root's alone. */
function unreadable({ what, path, rules }: Place, facts: FileFacts, user: UserAccount | null): readonly Finding[] {
  if (user === null || user.uid === 0 || rules.what !== 'read') return [];
  const byGroup = facts.gid === user.gid && (facts.mode & 0o040) !== 0;
  const byOwner = facts.uid === user.uid && (facts.mode & 0o400) !== 0;
  if (byGroup || byOwner || (facts.mode & 0o004) !== 0) return [];
  const group = shellCommand('chgrp', '--', String(user.gid), path);
  const mode = shellCommand('chmod', 'g+r', '--', path);
  const remedy = group === null || mode === null ? null : `${group} && ${mode}`;
  return [finding('problem', ABOUT, 'place_unreadable', { what, path, user: user.name, remedy })];
}

/** Allowed above a log, and worth knowing. */
function sharedAbove({ what, path, rules }: Place): readonly Finding[] {
  if (rules.mayGroupsWriteAbove !== true || rules.what !== 'directory') return [];
  const parent = dirname(resolve(path));
  const { mode, gid } = statSync(parent);
  const isShared = (mode & 0o020) !== 0 && gid !== 0 && (mode & 0o1000) === 0;
  return isShared
    ? [finding('warning', ABOUT, 'place_shared_above', { what, path: parent, mode: modeText(mode) })]
    : [];
}

/** null: root, or there is no such unit. */
async function userOfMonitor({ unit, ports, signal }: DoctorContext): Promise<UserAccount | null> {
  const user = unit?.['LoadState'] === 'loaded' ? (unit['User'] ?? '') : '';
  if (user === '' || user === 'root') return null;
  return lookupUser(user, ports.runner, { timeoutMs: QUESTION_TIMEOUT_MS, signal });
}

function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
