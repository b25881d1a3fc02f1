/** One alarm: from the look that finds it to its reset, against the restart and the two statements alone. */
import { figure, pause } from '../figures.js';
import type { PartReport } from '../report.js';
import { startDaemon, stopDaemon, UNTIL_IT_ACTS_MS, type Driver, type Rig } from '../rig.js';
import { restOf, timeHandling } from '../statements.js';

const TIMEOUT_MS = 30_000;
/** Handled before anything counts: neither side is measured while V8 is still compiling it. */
const WARM_UP = 3;

export async function oneAlarm(rig: Rig): Promise<PartReport> {
  const { host, drivers, quick } = rig;
  const rounds = quick ? 7 : 15;
  await startDaemon(rig, {});
  await pause(UNTIL_IT_ACTS_MS);
  const cold = await byDaemon(rig, 1);
  const taken = { daemon: [] as number[], limit: [] as number[], root: [] as number[], awake: [] as number[] };
  for (let round = 0; round < WARM_UP + rounds; round += 1) {
    const id = 2 + (round % 400);
    const rest = (): Promise<void> => restOf(round);
    const limit = await byDriver(rig, drivers.daemon, { id, rest });
    const root = await byDriver(rig, drivers.root, { id, rest });
    const awake = await byDriver(rig, drivers.daemon, { id, rest: () => Promise.resolve() });
    // Not always at the same moment of a second.
    await pause(130 * (round % 5));
    const daemon = await byDaemon(rig, id);
    if (round < WARM_UP) continue;
    taken.daemon.push(daemon);
    taken.limit.push(limit);
    taken.root.push(root);
    taken.awake.push(awake);
  }
  await stopDaemon(rig);
  await host.sql('UPDATE STATUS_PROCESS SET alarma = 0');
  const limit = 'one-alarm.limit';
  return {
    name: 'one-alarm',
    figures: [
      figure(['one-alarm.daemon', 'the daemon: look to reset'], 'ms', taken.daemon, {
        ...{ limit, aim: { of: 'ratio', atMost: 1.3 } },
      }),
      figure([limit, 'bare, with the daemon’s rights'], 'ms', taken.limit),
      figure(['one-alarm.root', 'bare, as root'], 'ms', taken.root, { limit }),
      figure(['one-alarm.awake', 'bare, begun at once, in a machine that has just worked'], 'ms', taken.awake, {
        limit,
      }),
      figure(['one-alarm.cold', 'the daemon’s first one after its start'], 'ms', [cold], { limit }),
    ],
    notes: [],
  };
}

async function byDaemon({ host, drivers }: Rig, id: number): Promise<number> {
  const { toLastResetMs } = await timeHandling(host, { database: 'monitor', ids: [id] }, async () => {
    await drivers.root.ask({ way: 'wait', database: 'monitor', timeoutMs: TIMEOUT_MS });
  });
  return toLastResetMs;
}

async function byDriver(
  { host }: Rig,
  driver: Driver,
  { id, rest }: { readonly id: number; readonly rest: () => Promise<void> },
): Promise<number> {
  const { toLastResetMs } = await timeHandling(host, { database: 'limit_', ids: [id] }, async () => {
    await rest();
    await driver.ask({ way: 'bus', units: [`bench-${id}.service`], inFlight: 1 });
  });
  return toLastResetMs;
}
