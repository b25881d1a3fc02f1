/** Which users and groups this process can tell apart: a user namespace shows all others as one. */
import { readFileSync } from 'node:fs';

const ALL_IDS = 2 ** 32 - 1;
const USUAL_OVERFLOW_ID = 65_534;

/** For `/proc/self/uid_map` or `gid_map`; unreadable: every id is taken for real, as on a kernel without user namespaces. */
export function readTellable(kind: 'uid' | 'gid'): (id: number) => boolean {
  return tellable(readText(`/proc/self/${kind}_map`), readText(`/proc/sys/kernel/overflow${kind}`));
}

/** `map`: lines of `FIRST_INSIDE FIRST_OUTSIDE COUNT`. */
export function tellable(map: string, overflow: string): (id: number) => boolean {
  const overflowId = /^\d+$/.test(overflow.trim()) ? Number(overflow) : USUAL_OVERFLOW_ID;
  const ranges = map
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([first, , count]) => (first === undefined || count === undefined ? [] : [{ first, count }]));
  if (ranges.length === 0 || ranges.some(({ first, count }) => first === 0 && count >= ALL_IDS)) return () => true;
  return (id) => id !== overflowId && ranges.some(({ first, count }) => id >= first && id < first + count);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
