/** What the program ends with. */

export const EXIT = {
  /** Done, also after a graceful stop. */
  done: 0,
  /** Failed at work. */
  failed: 1,
  /** Wrong usage, or a name that nobody knows. */
  usage: 2,
  /** Restarted, and not well. */
  unhealthy: 3,
  /** The settings cannot be used (EX_CONFIG of sysexits.h). */
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
