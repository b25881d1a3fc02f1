/** What a person asks of the running monitor through its control socket. */

export const CONTROL_COMMANDS = ['ping', 'restart', 'breaker_reset', 'breaker_isolate'] as const;
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];

/** Example: `{ command: 'restart', target: 'sshd' }`; `target` is empty for `ping`. */
export interface ControlRequest {
  readonly command: ControlCommand;
  /** Name of a process as in the database or the settings; any text. */
  readonly target: string;
}

/** Example: `{ ok: false, code: 'unhealthy', text: 'still unhealthy after 2 attempts: unit app.service is failed' }` */
export interface ControlReply {
  readonly ok: boolean;
  /** `done`; `unhealthy`: tried, not well; `unknown_process`; `busy`: already in progress or stopping; `failed`: see text. */
  readonly code: 'done' | 'unhealthy' | 'unknown_process' | 'busy' | 'failed';
  readonly text: string;
}

export interface ControlHandler {
  /** Always resolves; a slow request (a restart) may take minutes. */
  handle(request: ControlRequest, signal: AbortSignal): Promise<ControlReply>;
}
