/** `reload`: has the running daemon read its settings anew; it answers for the file, so mistakes in it do not matter here. */
import { askReload } from '../app/offline.js';
import { findRunDirectory } from '../config/run-directory.js';
import { exitCodeOf } from './asking.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { onStopSignal } from './signals.js';

/** 0 in force, 78 refused with every mistake, 1 nobody could be asked or this user may not. */
export async function reload({ file, environment, screen, texts }: Context): Promise<ExitCode> {
  const ended = new AbortController();
  try {
    const reply = await askReload(findRunDirectory(file, environment), (stop) => onStopSignal(stop, ended.signal));
    if (reply === null) {
      screen.complain(texts.error(texts.monitorStopped));
      return EXIT.failed;
    }
    for (const line of reply.text.split('\n').filter((each) => each !== '')) {
      if (reply.ok) screen.line(safeText(line));
      else screen.complain(safeText(line));
    }
    if (reply.ok) screen.line(screen.paint('good', texts.reloaded));
    else screen.complain(texts.error(texts.notReloaded));
    return exitCodeOf(reply);
  } finally {
    ended.abort();
  }
}
