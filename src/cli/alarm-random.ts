/** `alarm random`: raises alarms at random, for trying the monitor out. */
import { withAlarmTable, type AlarmTable, type HostProcess } from '../app/offline-alarms.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { AlarmRandom } from './request.js';
import { onStopSignal } from './signals.js';

/** Runs until its rounds are over or a signal asks it to stop. */
export async function randomAlarms(request: AlarmRandom, context: Context): Promise<ExitCode> {
  const { settings } = context.load();
  const stop = new AbortController();
  const ended = new AbortController();
  onStopSignal((reason) => stop.abort(reason), ended.signal);
  try {
    await withAlarmTable(settings, (table) => raiseRounds(table, request, context, stop.signal));
  } finally {
    ended.abort();
  }
  return EXIT.done;
}

/** Never rejects because of the signal. */
export async function raiseRounds(
  table: AlarmTable,
  { minDelayMs, maxDelayMs, mostAtOnce, rounds }: Omit<AlarmRandom, 'command'>,
  { screen, texts }: Context,
  stop: AbortSignal,
): Promise<void> {
  for (let round = 1; !stop.aborted; round += 1) {
    const chosen = pick(await table.list(), mostAtOnce, table.random);
    await table.raiseAtRandom(chosen);
    const pauseMs = Math.round(minDelayMs + table.random.fraction() * (maxDelayMs - minDelayMs));
    const names = chosen.map(({ processName }) => safeText(processName ?? 'NULL')).join(', ');
    screen.line(chosen.length === 0 ? texts.randomFull : texts.randomRound(names, pauseMs));
    if (round === rounds) return;
    await table.clock.sleep(pauseMs, stop);
  }
}

/** One to `most` of the processes that are not in alarm, each equally likely. */
function pick(processes: readonly HostProcess[], most: number, random: AlarmTable['random']): readonly HostProcess[] {
  const left = processes.filter(({ state }) => state === 'normal');
  const wanted = Math.min(left.length, 1 + Math.floor(random.fraction() * most));
  return Array.from({ length: wanted }, () => left.splice(Math.floor(random.fraction() * left.length), 1)).flat();
}
