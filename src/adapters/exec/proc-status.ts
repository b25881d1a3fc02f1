/** Reads what /proc/PID/status and /proc/PID/cmdline say. */

/** The lines that matter here. Source: proc_pid_status(5). */
export interface ProcStatus {
  /** The effective user: the directory's owner is root for every program that once changed its user. */
  readonly uid: number;
  /** It has a number of its own in another PID namespace: a container's. */
  readonly isContained: boolean;
}

/** Takes the whole text of the file; null where it does not say whose the program is. */
export function parseStatus(text: string): ProcStatus | null {
  const uid = /^Uid:\t\d{1,10}\t(\d{1,10})\b/m.exec(text)?.[1];
  if (uid === undefined) return null;
  return { uid: Number(uid), isContained: (/^NSpid:\t(.*)$/m.exec(text)?.[1] ?? '').split('\t').length > 1 };
}

/** Every argument ends with NUL; a program that rewrote its title may have left none, or many. */
export function parseArgv(text: string): readonly string[] {
  const last = text.replace(/\0+$/, '');
  return text === '' ? [] : last.split('\0');
}
