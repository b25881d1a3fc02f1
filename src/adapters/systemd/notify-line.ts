/** The line to systemd that the launcher has opened for us: messages go out on it without a process of their own. */
import { fstatSync, writeSync } from 'node:fs';

const FIRST_FREE_DESCRIPTOR = 3;

/**
 * `text`: the launcher's `PID:DESCRIPTOR`; null where there is none, where it is meant for another process, or where the
 * descriptor is no socket.
 */
export function openNotifyLine(text: string | null, ownPid: number): NotifyLine | null {
  const [, pid, descriptor] = /^(\d{1,10}):(\d{1,6})$/.exec(text ?? '') ?? [];
  const fd = Number(descriptor ?? -1);
  if (Number(pid) !== ownPid || fd < FIRST_FREE_DESCRIPTOR) return null;
  const socket = socketAt(fd);
  return socket === null ? null : new NotifyLine(fd, socket);
}

export class NotifyLine {
  readonly #fd: number;
  readonly #socket: bigint;

  constructor(fd: number, socket: bigint) {
    this.#fd = fd;
    this.#socket = socket;
  }

  /** False where the message did not go out: nobody listens, or there is no room at the moment. Never waits or throws. */
  send(message: string): boolean {
    // Whoever else may have this number by now is not written to.
    if (socketAt(this.#fd) !== this.#socket) return false;
    try {
      writeSync(this.#fd, message);
      return true;
    } catch {
      return false;
    }
  }
}

/** What tells the socket from every other file of this process; null: there is no socket. */
function socketAt(fd: number): bigint | null {
  try {
    const found = fstatSync(fd, { bigint: true });
    return found.isSocket() ? found.ino : null;
  } catch {
    return null;
  }
}
