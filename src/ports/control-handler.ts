/** What a person asks of the running monitor through its control socket. */

export const CONTROL_COMMANDS = ['ping', 'restart', 'breaker_reset', 'breaker_isolate', 'reload'] as const;
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];
/** Whoever reaches the socket may read; acting takes a proof of who asks. */
export type ActingCommand = Exclude<ControlCommand, 'ping'>;

/** Example: `{ command: 'restart', target: 'sshd', why: null }`; `target` is empty for `ping` and `reload`. */
export interface ControlRequest {
  readonly command: ControlCommand;
  /** Name of a process as in the database or the settings; any text. */
  readonly target: string;
  /** The asker's own reason, for the audit log; any text. */
  readonly why?: string | null;
}

/** Who asks, as the system has it and not as it is claimed. */
export interface Asker {
  readonly uid: number;
  /** null: the host did not say in time, or has no such user. */
  readonly user: string | null;
}

/** Example: `{ ok: false, code: 'unhealthy', text: 'still unhealthy after 2 attempts: unit app.service is failed' }` */
export interface ControlReply {
  readonly ok: boolean;
  /**
   * `done`; `unhealthy`: tried, not well; `unknown_process`; `busy`: already in progress or stopping; `not_allowed`: nothing was
   * done; `bad_settings`: the new settings were refused, one mistake a line; `failed`: see text.
   */
  readonly code: (typeof REPLY_CODES)[number];
  readonly text: string;
}

export const REPLY_CODES = [
  'done',
  'unhealthy',
  'unknown_process',
  'busy',
  'not_allowed',
  'bad_settings',
  'failed',
] as const;

export interface ControlHandler {
  /**
   * Always resolves; a slow request (a restart) may take minutes. `asker` has been proved; null: nobody was, so that an acting
   * request is refused.
   */
  handle(request: ControlRequest, asker: Asker | null, signal: AbortSignal): Promise<ControlReply>;
  /** An acting request whose asker may not ask it: nothing is done but to tell. `asker` as far as known. */
  refuse(request: ControlRequest, asker: Asker | null, why: string): Promise<ControlReply>;
}
