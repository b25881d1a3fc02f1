/** Reads what /proc/PID/stat says. */

/** The fields of one line that matter here. Source: proc_pid_stat(5). */
export interface ProcStat {
  readonly pid: number;
  /** At most 15 bytes, and any bytes at all: spaces, brackets, line breaks. */
  readonly comm: string;
  /** One letter: R, S, D, T, Z, X, … */
  readonly state: string;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly session: number;
  readonly threads: number;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  readonly isKernelThread: boolean;
}

/** PF_KTHREAD of the kernel's include/linux/sched.h. */
const KERNEL_THREAD_FLAG = 0x200000;

/**
 * Takes the whole text of the file; null where it is not such a line. The name may itself hold `) R 1 1 (`, so
 * everything is counted from the last bracket.
 *
 * Example: `4242 (my app) S 1 4242 4242 0 -1 4194560 …`
 */
export function parseStat(text: string): ProcStat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 1 || close < open) return null;
  const [state, ...rest] = text
    .slice(close + 1)
    .trim()
    .split(' ');
  const pid = numberOf(text.slice(0, open).trimEnd());
  // rest[0] is field 4 of the manual's numbering.
  const field = (number: number): number => numberOf(rest[number - 4] ?? '');
  const numbers = [pid, field(4), field(5), field(6), field(9), field(20), field(22)];
  if (state === undefined || !/^[A-Za-z]$/.test(state) || !numbers.every(Number.isSafeInteger)) return null;
  return {
    pid,
    comm: text.slice(open + 1, close),
    state,
    parentPid: field(4),
    processGroup: field(5),
    session: field(6),
    threads: field(20),
    startTicks: field(22),
    isKernelThread: (field(9) & KERNEL_THREAD_FLAG) !== 0,
  };
}

/** Not `Number` alone, which reads nothing as 0. */
function numberOf(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : NaN;
}

/**
 * Whether a program still runs. A zombie does not, however long its parent leaves it lying about; but a program whose
 * first thread alone has ended shows as one too while the others work on.
 */
export function isAlive(stat: ProcStat): boolean {
  return (stat.state !== 'Z' && stat.state !== 'X' && stat.state !== 'x') || stat.threads > 1;
}
