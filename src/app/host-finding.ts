/** What a look at this host has found. */

/** `problem`: it cannot work as it stands; `warning`: worth a look; `fine`: tried and good. */
export interface HostFinding {
  readonly severity: 'problem' | 'warning' | 'fine';
  /** `database`, `monitor`, or the process's name. */
  readonly about: string;
  readonly text: string;
  /** A line for a shell that mends it, to be run by root. */
  readonly remedy?: string | null;
}
