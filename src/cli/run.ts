/** `run`: the daemon in the foreground, with its signals and, on a terminal, its progress line. */
import { createClock } from '../app/clock.js';
import type { DaemonOptions, Surroundings } from '../app/daemon-options.js';
import { runDaemon } from '../app/daemon.js';
import type { MonitorEvent } from '../domain/event.js';
import { breakerVote } from '../domain/outcome.js';
import { safeText } from '../domain/safe-text.js';
import { takeNotifyLine } from '../config/environment.js';
import { formatIssue } from '../config/issues.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Request } from './request.js';
import { isDumb, mayColour } from './screen.js';
import { onSignal, onStopSignal } from './signals.js';
import { Countdown, TerminalLine } from './terminal-line.js';

type WriteLog = Parameters<NonNullable<DaemonOptions['onLogOpen']>>[0];

/** With `--once` 3 where a process was restarted and is not well. */
export async function run(
  { isOnce, isDryRun }: Extract<Request, { command: 'run' }>,
  context: Context,
): Promise<ExitCode> {
  const loaded = context.load();
  const { settings, notices } = loaded;
  const ended = new AbortController();
  const log = openEnd();
  let reload = (): void => undefined;
  onSignal('SIGHUP', () => reload(), ended.signal);
  const onCrash = (cause: Error): void =>
    log.write('fatal', 'Unexpected error, the monitor stops', { detail: cause.stack ?? cause.message });
  process.on('uncaughtExceptionMonitor', onCrash);
  const progress = createProgress(context);
  const unwell: string[] = [];
  const onEvent = (event: MonitorEvent): void => {
    if (event.type === 'restart.ended' && breakerVote(event.outcome) === 'failed') unwell.push(event.processName);
    if (event.type === 'monitor.draining') progress.stop();
  };
  try {
    const end = await runDaemon({
      loaded,
      load: context.load,
      mode: { once: isOnce, dryRun: isDryRun },
      surroundings: { ...surroundingsOf(context), ...progress.surroundings, onEvent },
      notices: notices.map(formatIssue),
      onStoppable: (stop) => onStopSignal(stop, ended.signal),
      onReloadable: (reloadNow) => (reload = reloadNow),
      onLogOpen: (write) => (log.write = write),
    });
    if (end.kind === 'failed') {
      if (!isLogShown(settings.logging.console, context.environment, isOnce || isDryRun))
        context.screen.complain(context.texts.error(safeText(end.detail)));
      return EXIT.failed;
    }
    return isOnce && unwell.length > 0 ? EXIT.unhealthy : EXIT.done;
  } finally {
    progress.stop();
    ended.abort();
    process.off('uncaughtExceptionMonitor', onCrash);
  }
}

/** Whether standard error has the log's lines, so that the reason for the end need not be said again. */
function isLogShown(mode: 'auto' | 'on' | 'off', environment: Context['environment'], isShort: boolean): boolean {
  if (isShort || mode === 'on') return true;
  return mode === 'auto' && (process.stderr.isTTY || environment['JOURNAL_STREAM'] !== undefined);
}

/** Before there is a log its lines go nowhere: Node itself tells of a crash. */
function openEnd(): { write: WriteLog } {
  return { write: () => undefined };
}

function surroundingsOf({ environment }: Context): Surroundings {
  const isTerminal = process.stderr.isTTY;
  return {
    notifySocket: environment['NOTIFY_SOCKET'] ?? null,
    notifyLine: takeNotifyLine(),
    watchdogMs: watchdogMs(environment),
    journalStream: environment['JOURNAL_STREAM'] ?? null,
    isTerminal,
    isColoured: isTerminal && mayColour(environment),
  };
}

/** The line on standard error; nothing of it where that is no terminal. */
function createProgress({ texts, environment }: Context): {
  readonly surroundings: Pick<Surroundings, 'writeConsole' | 'onPause'>;
  readonly stop: () => void;
} {
  if (!process.stderr.isTTY || isDumb(environment)) return { surroundings: {}, stop: () => undefined };
  const line = new TerminalLine(process.stderr);
  const countdown = new Countdown(line, createClock(), texts.countdown);
  return {
    surroundings: {
      writeConsole: (text) => line.writeAbove(text),
      onPause: (untilNextMs) => void countdown.start(untilNextMs),
    },
    stop: () => countdown.stop(),
  };
}

/** Set by systemd for the process that it watches. Source: sd_watchdog_enabled(3). */
function watchdogMs(environment: Context['environment']): number | null {
  const { WATCHDOG_USEC: text, WATCHDOG_PID: forPid } = environment;
  const isForUs = forPid === undefined || Number(forPid) === process.pid;
  const ms = Number(text ?? 0) / 1000;
  return isForUs && Number.isFinite(ms) && ms > 0 ? ms : null;
}
