/** Wall time as people read it. */

const LOCAL = new Intl.DateTimeFormat('sv-SE', {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** Epoch milliseconds → `2026-11-20 21:40:11`, local time. */
export function localTime(wallMs: number): string {
  return LOCAL.format(wallMs).replaceAll(/[^0-9: -]/g, ' ');
}

/** The stamp that a cleared alarm's note ends with; its words are what operators of the predecessor look for. */
export function restartStamp(wallMs: number): string {
  return `Restarted at ${localTime(wallMs)}`;
}
