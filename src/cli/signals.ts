/** Signals from the system and the keyboard. */

const STOPPING = ['SIGTERM', 'SIGINT'] as const;

/** Calls `stop` for each signal that asks the program to end, until `ended`. */
export function onStopSignal(stop: (reason: string) => void, ended: AbortSignal): void {
  for (const signal of STOPPING) onSignal(signal, () => stop(signal), ended);
}

/** Calls `listener` for each such signal instead of dying of it, until `ended`. */
export function onSignal(signal: NodeJS.Signals, listener: () => void, ended: AbortSignal): void {
  process.on(signal, listener);
  ended.addEventListener('abort', () => process.off(signal, listener), { once: true });
}
