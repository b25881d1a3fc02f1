/** Where the running monitor listens. */
import { join } from 'node:path';
import type { Settings } from '../config/settings.js';

/** In the run directory. */
export const CONTROL_SOCKET = 'control.sock';

export function controlSocketPath({ monitor }: Settings): string {
  return join(monitor.runDirectory, CONTROL_SOCKET);
}
