/** Hands a person's request to whoever can do it, shows its steps on a terminal, and turns the reply into an exit code. */
import { askMonitor } from '../app/offline.js';
import { findRunDirectory } from '../config/run-directory.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { onStopSignal } from './signals.js';

type Asked = Parameters<typeof askMonitor>[0]['request'];
type Reply = Awaited<ReturnType<typeof askMonitor>>;

/** A stop signal lets what runs finish; a second one does not. */
export async function ask(request: Asked, context: Context): Promise<Reply> {
  const { screen, texts, file, environment } = context;
  const tell = (line: string): void => {
    if (screen.isTerminal) screen.line(screen.paint('faint', `  ${safeText(line)}`));
  };
  const ended = new AbortController();
  try {
    return await askMonitor({
      runDirectory: findRunDirectory(file, environment),
      settings: () => context.load().settings,
      request,
      onRoute: (route) => {
        if (route === 'monitor') tell(texts.throughMonitor);
      },
      onStep: tell,
      onStoppable: (stop) => onStopSignal(stop, ended.signal),
    });
  } finally {
    ended.abort();
  }
}

/** What the reply means for whoever called. */
export function exitCodeOf({ ok, code }: Reply): ExitCode {
  if (ok) return EXIT.done;
  switch (code) {
    case 'unhealthy':
      return EXIT.unhealthy;
    case 'unknown_process':
      return EXIT.usage;
    case 'bad_settings':
      return EXIT.config;
    case 'done':
    case 'busy':
    case 'not_allowed':
    case 'failed':
      return EXIT.failed;
  }
}
