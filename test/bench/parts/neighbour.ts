/** What handlings that hang add to another alarm. */
import { figure, pause, type Figure } from '../figures.js';
import type { PartReport } from '../report.js';
import { HANGING_CHECK_IDS, HANGING_COMMAND_IDS, startDaemon, stopDaemon, type Rig } from '../rig.js';
import { timeHandling } from '../statements.js';

const TIMEOUT_MS = 60_000;
/** One cycle of one second, and what is allowed beside it. */
const ALLOWED_MS = 1050;
/** Two looks: by then all that hang are at it. */
const UNTIL_THEY_HANG_MS = 2500;

const CASES = [
  { id: 'command-1', what: '1 restart command that hangs', ids: HANGING_COMMAND_IDS.slice(0, 1) },
  { id: 'command-20', what: '20 restart commands that hang', ids: HANGING_COMMAND_IDS },
  { id: 'check-1', what: '1 health check that hangs', ids: HANGING_CHECK_IDS.slice(0, 1) },
  { id: 'check-20', what: '20 health checks that hang', ids: HANGING_CHECK_IDS },
] as const;

export async function neighbour(rig: Rig): Promise<PartReport> {
  const rounds = rig.quick ? 1 : 2;
  const alone: number[] = [];
  const beside = new Map<string, number[]>(CASES.map(({ id }) => [id, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { id, ids } of CASES) {
      await startDaemon(rig, {});
      await pause(UNTIL_THEY_HANG_MS);
      await handled(rig, 1);
      const undisturbed = await handled(rig, 2);
      await rig.host.raise(...ids);
      await pause(UNTIL_THEY_HANG_MS);
      beside.get(id)?.push((await handled(rig, 3)) - undisturbed);
      alone.push(undisturbed);
      await rig.host.sql('UPDATE STATUS_PROCESS SET alarma = 0');
      // A stop waits for what runs; what hangs is not worth it.
      await rig.host.machine.must('systemctl kill -s KILL process-monitor; systemctl stop process-monitor');
      await rig.host.machine.must('rm -f /var/lib/process-monitor/*');
    }
  }
  await stopDaemon(rig);
  const figures: Figure[] = CASES.map(({ id, what }) =>
    figure([`neighbour.${id}`, `added by ${what}`], 'ms', beside.get(id) ?? [], {
      aim: { of: 'median', atMost: ALLOWED_MS },
    }),
  );
  return {
    name: 'neighbour',
    figures: [...figures, figure(['neighbour.alone', 'the same alarm alone: look to reset'], 'ms', alone)],
    notes: [],
  };
}

/** From the first look after it is raised to its reset, so that having to wait for a later look shows. */
async function handled({ host, drivers }: Rig, id: number): Promise<number> {
  const { toLastResetMs } = await timeHandling(host, { database: 'monitor', ids: [id] }, async () => {
    await drivers.root.ask({ way: 'wait', database: 'monitor', processId: id, timeoutMs: TIMEOUT_MS });
  });
  return toLastResetMs;
}
