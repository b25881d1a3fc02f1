/** What systemd says of one unit, and what the operating system says of one running program. */

/** One unit as systemd shows it; the properties' meaning: org.freedesktop.systemd1(5). */
export interface UnitState {
  /** Canonical name, for example `mariadb.service` for the alias `mysql.service`. */
  readonly id: string;
  /** All names, the canonical one included. */
  readonly names: readonly string[];
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error`, … */
  readonly loadState: string;
  /** `active`, `reloading`, `inactive`, `failed`, `activating`, `deactivating`. */
  readonly activeState: string;
  /** For example `running`, `exited`, `dead`, `auto-restart`. */
  readonly subState: string;
  /** `simple`, `exec`, `forking`, `oneshot`, `notify`, … */
  readonly type: string;
  /** `success`, `exit-code`, `start-limit-hit`, … */
  readonly result: string;
  /** `no`, `always`, `on-failure`, … */
  readonly restartPolicy: string;
  /** 0: none. */
  readonly mainPid: number;
  /** Empty: never started, or ended and forgotten by systemd. */
  readonly invocationId: string;
  /** Automatic restarts by systemd since the last manual start. */
  readonly nRestarts: number;
  /** Exit code or signal number of the last main process. */
  readonly execMainStatus: number;
  /** When the unit last became active, milliseconds since boot (the same clock as `Clock.monotonicMs`); 0: never. */
  readonly activeEnterMs: number;
  /** It was up, and somebody or systemd itself asked it to end before its program did; false: not in its last run. */
  readonly wasAskedToEnd: boolean;
  /** A job (start, stop, …) is queued or running for it: somebody is already acting. */
  readonly hasJob: boolean;
  readonly refusesManualStart: boolean;
  /** A condition of the unit (ConditionPathExists= …) held at the last start. */
  readonly conditionHeld: boolean;
}

/** One running program, so exactly that no later program with the same number can be taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
}

/** A running program as /proc shows it. */
export interface RunningProcess {
  readonly identity: ProcessIdentity;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly session: number;
  readonly uid: number;
  /** Path of the executable; null where it may not be read. A trailing ` (deleted)` is removed. */
  readonly executable: string | null;
  /** argv; empty for kernel threads and zombies. */
  readonly argv: readonly string[];
  /** At most 15 characters: never an identity. */
  readonly comm: string;
  /** One letter of /proc/PID/stat: R, S, D, Z, … */
  readonly state: string;
  /** Innermost systemd unit of its cgroup, for example `cron.service`; null outside systemd. */
  readonly unit: string | null;
  readonly isKernelThread: boolean;
  /** It lives in another PID namespace: a container's. */
  readonly isContained: boolean;
}
