/** After the database has been away: from its return to the first alarm that is handled. */
import { figure, pause, type Figure } from '../figures.js';
import type { PartReport } from '../report.js';
import { startDaemon, stopDaemon, UNTIL_IT_ACTS_MS, type Rig } from '../rig.js';
import { handlingOf, readStatements } from '../statements.js';
import { unitMoment } from '../unit-moment.js';

const TIMEOUT_MS = 60_000;
const SERVER_SETTINGS = '/etc/mysql/test-machine.cnf';
/** Run by the server before anybody can connect: the alarm is there when it returns. */
const RAISE = '/etc/mysql/raise.sql';

export async function recovery(rig: Rig): Promise<PartReport> {
  const { machine } = rig.host;
  const kept = await machine.read(SERVER_SETTINGS);
  await machine.write(RAISE, 'UPDATE monitor.STATUS_PROCESS SET alarma = 1, sound = 0 WHERE process_id = 1;\n');
  const log = 'slow_query_log = 1\nlong_query_time = 0\nlog_output = TABLE\nuserstat = 1\n';
  await machine.write(SERVER_SETTINGS, `${kept}${log}init_file = ${RAISE}\n`);
  const figures: Figure[] = [];
  const outages = [{ seconds: 5, rounds: rig.quick ? 1 : 3 }, ...(rig.quick ? [] : [{ seconds: 30, rounds: 1 }])];
  for (const { seconds, rounds } of outages) {
    const taken: number[] = [];
    for (let round = 0; round < rounds; round += 1) taken.push(await afterOutage(rig, seconds));
    const what = `away for ${seconds} s: from its return to the first reset, a look each second`;
    figures.push(figure([`recovery.${seconds}`, what], 'ms', taken));
  }
  await stopDaemon(rig);
  await machine.write(SERVER_SETTINGS, kept);
  return { name: 'recovery', figures, notes: [] };
}

async function afterOutage(rig: Rig, seconds: number): Promise<number> {
  const { machine } = rig.host;
  await rig.host.sql('UPDATE STATUS_PROCESS SET alarma = 0');
  await startDaemon(rig, {});
  await pause(UNTIL_IT_ACTS_MS);
  await machine.must('systemctl stop mariadb');
  await pause(seconds * 1000);
  await machine.must('systemctl start mariadb');
  await rig.host.waitUntilClear(1, TIMEOUT_MS);
  const returnedMs = await unitMoment(machine, 'mariadb', 'ActiveEnterTimestamp');
  const statements = await readStatements(rig.host, 'monitor');
  const { toLastResetMs, beganMs } = handlingOf(
    ...([statements.filter((each) => each.beganMs > returnedMs - 1000), returnedMs - 1000, 1] as const),
  );
  return beganMs + toLastResetMs - returnedMs;
}
