/** The host's clock, and the room where memory and log are written. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { finding, type Finding } from '../../domain/finding.js';
import type { DoctorContext } from './context.js';

const MIB = 1024 * 1024;
const LEAST_FREE_MIB = 100;
const LEAST_FREE_SHARE = 0.05;

export async function examineClock({ ask }: DoctorContext): Promise<readonly Finding[]> {
  const answer = await ask('timedatectl', 'show', '--property=NTPSynchronized', '--value');
  const word = answer?.exitCode === 0 ? answer.output.trim() : '';
  if (word === 'yes') return [finding('fine', 'clock', 'clock_synchronised')];
  if (word === 'no') return [finding('warning', 'clock', 'clock_free', { remedy: 'timedatectl set-ntp true' })];
  return [finding('skipped', 'clock', 'clock_unknown')];
}

export function examineDisk({ settings }: DoctorContext): Promise<readonly Finding[]> {
  const directories = settings === null ? [] : [settings.monitor.stateDirectory, settings.logging.directory];
  return Promise.resolve([...new Set(directories)].map((path) => roomAt(path, path)));
}

/** What `statfs` tells of a file system. */
export interface Room {
  readonly bsize: number;
  readonly blocks: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

/** `path`: as it is told. Some file systems count no inodes: then there are 0 in all. */
export function judgeRoom(path: string, { bsize, blocks, bavail, files, ffree }: Room): Finding {
  const free = Math.floor((bavail * bsize) / MIB);
  const share = blocks === 0 ? 1 : bavail / blocks;
  if (bavail === 0) return finding('problem', 'disk', 'disk_full', { path });
  if (files > 0 && ffree === 0) return finding('problem', 'disk', 'disk_no_inodes', { path });
  if (share < LEAST_FREE_SHARE && free < LEAST_FREE_MIB)
    return finding('warning', 'disk', 'disk_low', { path, free, percent: Math.floor(share * 100) });
  return finding('fine', 'disk', 'disk_good', { path, free });
}

/** A directory that is not there yet will lie where the nearest one above it is. */
function roomAt(path: string, told: string): Finding {
  try {
    return judgeRoom(told, statfsSync(path));
  } catch {
    return dirname(path) === path
      ? finding('skipped', 'disk', 'place_hidden', { what: 'disk', path: told })
      : roomAt(dirname(path), told);
  }
}
