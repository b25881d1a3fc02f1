/** What a monitor costs while nothing is in alarm: processor, wake-ups, system calls, programs, and the database. */
import { watchExecs } from '../../system/support/exec-watch.js';
import { countersOf, serverCounters, systemCalls } from '../counters.js';
import { figure, pause, type Figure } from '../figures.js';
import {
  ALL_CELLS,
  EACH_30_SECONDS,
  EACH_SECOND,
  LOOKER,
  LOOKER_30,
  startCells,
  stopCells,
  TIMER,
  type Cell,
} from '../idle-cells.js';
import { pidsOf, processorMsOf, unitGroup } from '../processor.js';
import type { PartReport } from '../report.js';
import { stopDaemon, type Rig } from '../rig.js';

const SLICE_SECONDS = 10;
/** Slices in the interval of the slow ones. */
const SLOW_SLICES = 3;
const CYCLES_OF_A_DAY = 24 * 120;
/** The cell whose programs and system calls are counted. */
const PLAIN = EACH_SECOND[3] ?? EACH_30_SECONDS;

/** Of one slice, or of the whole time. */
interface Spent {
  readonly cpuMs: number;
  readonly wakeUps: number;
}
type Ledger = ReadonlyMap<Cell, readonly Spent[]>;

export async function idle(rig: Rig): Promise<PartReport> {
  const { machine } = rig.host;
  await stopDaemon(rig);
  await startCells(rig);
  try {
    // Past the start, so that what is seen is the idle day: of the slow one too, which has had two looks by then.
    await pause(rig.quick ? 40_000 : 70_000);
    const watches = await Promise.all(
      [PLAIN, EACH_30_SECONDS].map(({ name }) => watchExecs(machine, `${name}.service`)),
    );
    const server = await serverFigures(rig, async () => ({ ledger: await spend(rig) }));
    const started = await Promise.all(watches.map((watch) => watch.stop()));
    const calls = await callFigures(rig);
    const programs = figure(['idle.programs', 'programs started in all this time'], '', [started.flat().length], {
      aim: { of: 'median', atMost: 0 },
    });
    const figures = [...cycleFigures(server.ledger), ...slowFigures(server.ledger), programs];
    return { name: 'idle', figures: [...figures, ...server.figures, ...calls.figures], notes: calls.notes };
  } finally {
    await stopCells(rig);
  }
}

/** Slice by slice, all at once. */
async function spend(rig: Rig): Promise<Ledger> {
  const ledger = new Map<Cell, Spent[]>(ALL_CELLS.map((cell) => [cell, []]));
  const pids = new Map<Cell, number>();
  for (const cell of ALL_CELLS) pids.set(cell, (await pidsOf(rig.host.machine, cell.name))[0] ?? 0);
  const look = async (): Promise<readonly Spent[]> =>
    Promise.all(
      ALL_CELLS.map(async (cell) => ({
        // With all that it starts.
        cpuMs: await processorMsOf(rig.host.machine, unitGroup(cell.name)),
        wakeUps: (await countersOf(pids.get(cell) ?? 0)).wakeUps,
      })),
    );
  let last = await look();
  for (let slice = 0; slice < SLOW_SLICES * (rig.quick ? 2 : 8); slice += 1) {
    await pause(SLICE_SECONDS * 1000);
    const now = await look();
    ALL_CELLS.forEach((cell, index) => {
      const [before, after] = [last[index], now[index]];
      if (before === undefined || after === undefined) return;
      ledger.get(cell)?.push({ cpuMs: after.cpuMs - before.cpuMs, wakeUps: after.wakeUps - before.wakeUps });
    });
    last = now;
  }
  return ledger;
}

const spentOf = (ledger: Ledger, cell: Cell): readonly Spent[] => ledger.get(cell) ?? [];

function cycleFigures(ledger: Ledger): readonly Figure[] {
  const each = (cell: Cell, of: keyof Spent): readonly number[] =>
    spentOf(ledger, cell).map((spent) => spent[of] / SLICE_SECONDS);
  const limit = 'idle.cycle.looker_1s';
  return [
    ...EACH_SECOND.map((cell) =>
      figure(
        [`idle.cycle.${cell.name}`, `processor time of a cycle each second, ${cell.what}`],
        ...(['ms', each(cell, 'cpuMs'), { limit, aim: { of: 'median', atMost: 1 } }] as const),
      ),
    ),
    figure([limit, `processor time of a cycle each second, ${LOOKER.what}`], 'ms', each(LOOKER, 'cpuMs')),
    figure(['idle.core', `share of a core, each second, ${PLAIN.what}`], '%', percent(each(PLAIN, 'cpuMs')), {
      ...{ limit: 'idle.core.limit', aim: { of: 'median', atMost: 0.1 } },
    }),
    figure(['idle.core.limit', `share of a core, each second, ${LOOKER.what}`], '%', percent(each(LOOKER, 'cpuMs'))),
    figure(['idle.wake-ups', `wake-ups a second, ${PLAIN.what}`], '', each(PLAIN, 'wakeUps'), {
      limit: 'idle.wake-ups.limit',
    }),
    figure(['idle.wake-ups.limit', `wake-ups a second, ${LOOKER.what}`], '', each(LOOKER, 'wakeUps')),
  ];
}

const percent = (msOfASecond: readonly number[]): readonly number[] => msOfASecond.map((ms) => ms / 10);

/** From 30 s to the next: a day is so many of them. */
function slowFigures(ledger: Ledger): readonly Figure[] {
  const cycles = (cell: Cell, of: keyof Spent): readonly number[] => {
    const spent = spentOf(ledger, cell);
    const whole = spent.filter((_, index) => index % SLOW_SLICES === 0);
    return whole.map((_, turn) => {
      const slices = spent.slice(turn * SLOW_SLICES, (turn + 1) * SLOW_SLICES);
      return slices.reduce((sum, slice) => sum + slice[of], 0);
    });
  };
  const days = (cell: Cell): readonly number[] => cycles(cell, 'cpuMs').map((ms) => (ms * CYCLES_OF_A_DAY) / 1000);
  const hours = (cell: Cell): readonly number[] =>
    cycles(cell, 'wakeUps').map((count) => (count * CYCLES_OF_A_DAY) / 24);
  return [
    figure(['idle.day', 'processor time of a day, a look every 30 s'], 's', days(EACH_30_SECONDS), {
      ...{ limit: 'idle.day.timer', aim: { of: 'median', atMost: 15 } },
    }),
    figure(['idle.day.looker', 'processor time of a day, a bare query loop every 30 s'], 's', days(LOOKER_30)),
    figure(['idle.day.timer', 'processor time of a day, a bare timer each second'], 's', days(TIMER)),
    figure(['idle.hour', 'wake-ups in an hour, a look every 30 s'], '', hours(EACH_30_SECONDS), {
      limit: 'idle.hour.timer',
    }),
    figure(['idle.hour.looker', 'wake-ups in an hour, a bare query loop every 30 s'], '', hours(LOOKER_30)),
    figure(['idle.hour.timer', 'wake-ups in an hour, a bare timer each second'], '', hours(TIMER)),
  ];
}

/** What the database server does meanwhile, for each look. */
async function serverFigures(
  { host }: Rig,
  meanwhile: () => Promise<{ readonly ledger: Ledger }>,
): Promise<{ readonly ledger: Ledger; readonly figures: readonly Figure[] }> {
  const cells = [...EACH_SECOND, LOOKER];
  const look = (): ReturnType<typeof serverCounters>[] => cells.map(({ name }) => serverCounters(host, name));
  const before = await Promise.all(look());
  const { ledger } = await meanwhile();
  const after = await Promise.all(look());
  const cycles = SLICE_SECONDS * spentOf(ledger, LOOKER).length;
  const each = (cell: Cell, of: 'bytes' | 'statements' | 'cpuMs'): readonly number[] => {
    const index = cells.indexOf(cell);
    return [((after[index]?.[of] ?? NaN) - (before[index]?.[of] ?? NaN)) / cycles];
  };
  return {
    ledger,
    figures: [
      figure(['idle.bytes', 'bytes to and from the database in a cycle'], 'bytes', each(PLAIN, 'bytes'), {
        ...{ limit: 'idle.bytes.limit', aim: { of: 'ratio', atMost: 3 } },
      }),
      figure(['idle.bytes.limit', `bytes in a cycle, ${LOOKER.what}`], 'bytes', each(LOOKER, 'bytes')),
      figure(['idle.statements', 'statements in a cycle'], '', each(PLAIN, 'statements'), {
        limit: 'idle.statements.limit',
      }),
      figure(['idle.statements.limit', `statements in a cycle, ${LOOKER.what}`], '', each(LOOKER, 'statements')),
      ...EACH_SECOND.map((cell) =>
        figure(
          [`idle.server.${cell.name}`, `the database’s processor time in a cycle, ${cell.what}`],
          ...(['ms', each(cell, 'cpuMs')] as const),
        ),
      ),
    ],
  };
}

async function callFigures(
  rig: Rig,
): Promise<{ readonly figures: readonly Figure[]; readonly notes: readonly string[] }> {
  const seconds = rig.quick ? 5 : 10;
  const count = async ({ name }: Cell): Promise<number | null> =>
    systemCalls((await pidsOf(rig.host.machine, name))[0] ?? 0, seconds);
  const [ours, bare] = [await count(PLAIN), await count(LOOKER)];
  if (ours === null || bare === null) return { figures: [], notes: ['system calls: perf is not there to count them'] };
  const limit = 'idle.calls.limit';
  const figures = [
    figure(['idle.calls', `system calls a second, ${PLAIN.what}`], '', [ours / seconds], { limit }),
    figure([limit, `system calls a second, ${LOOKER.what}`], '', [bare / seconds]),
  ];
  return { figures, notes: [] };
}
