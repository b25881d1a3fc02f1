/** From exec to the first finished cycle, and short commands from exec to exit. */
import { watchExecMoments } from '../exec-moments.js';
import { figure, pause } from '../figures.js';
import { knowing } from '../known.js';
import type { PartReport } from '../report.js';
import type { Rig } from '../rig.js';

const KNOWN = { rows: 10, sections: 10 };

/** The launcher becomes an interpreter and then the monitor: one start, which begins with the first of them that was seen. */
const BECOMES_WITHIN_MS = 200;

function firstOfEach(moments: readonly number[]): readonly number[] {
  const inOrder = [...moments].sort((one, other) => one - other);
  return inOrder.filter((moment, index) => moment - (inOrder[index - 1] ?? -Infinity) > BECOMES_WITHIN_MS);
}

/** In the machine: prints the milliseconds from exec to exit of its arguments. */
const TIMED = `use Time::HiRes 'time'; my $began = time; my $child = fork;
  if (!$child) { open STDOUT, '>', '/dev/null'; exec @ARGV or die } waitpid $child, 0; printf '%.3f', (time - $began) * 1000`;

export async function start(rig: Rig): Promise<PartReport> {
  const rounds = rig.quick ? 5 : 10;
  const cycles = await knowing(rig, KNOWN, { level: 'debug' }, () => firstCycles(rig, rounds));
  const looks = await firstLooks(rig, rounds);
  const commands = await knowing(rig, KNOWN, {}, () => shortCommands(rig, rounds));
  return {
    name: 'start',
    figures: [
      figure(['start.cycle', 'the daemon: exec to the first finished cycle'], 'ms', cycles, {
        ...{ limit: 'start.look', aim: { of: 'median', atMost: 250 } },
      }),
      figure(['start.look', 'a bare Node: exec to the answer of one query'], 'ms', looks),
      figure(['start.status', '`status`: exec to exit'], 'ms', commands.status, {
        ...{ limit: 'start.node', aim: { of: 'median', atMost: 150 } },
      }),
      figure(['start.check', '`config check`: exec to exit'], 'ms', commands.check, { limit: 'start.node' }),
      figure(['start.node', '`node -e 0`: exec to exit'], 'ms', commands.node),
    ],
    notes: [],
  };
}

async function firstCycles({ host }: Rig, rounds: number): Promise<readonly number[]> {
  const watch = await watchExecMoments(host.machine, 'process-monitor.service');
  const ends: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await host.machine.must('systemctl stop process-monitor; rm -rf /var/log/process-monitor/*');
    await host.start();
    const [cycle] = await host.waitForEvent('cycle.completed');
    ends.push(Date.parse(cycle?.timestamp ?? ''));
  }
  const begins = firstOfEach(await watch.stop(/process-monitor\.js run/));
  if (begins.length !== rounds) throw new Error(`${begins.length} starts were seen of ${rounds}`);
  return ends.map((end, index) => end - (begins[index] ?? NaN));
}

async function firstLooks(rig: Rig, rounds: number): Promise<readonly number[]> {
  const looks: number[] = [];
  const command = `date +%s%N; exec ${rig.program('first-look').join(' ')} '${rig.host.databasePassword}'`;
  for (let round = 0; round < rounds; round += 1) {
    const [began, answered] = (await rig.host.machine.must(command)).split('\n');
    looks.push(Number(answered) - Number(began) / 1e6);
  }
  return looks;
}

async function shortCommands(
  { host }: Rig,
  rounds: number,
): Promise<Readonly<Record<'status' | 'check' | 'node', readonly number[]>>> {
  await host.start();
  await pause(3000);
  const taken = { status: [] as number[], check: [] as number[], node: [] as number[] };
  const timed = async (...command: readonly string[]): Promise<number> => {
    const { stdout } = await host.machine.run(['perl', '-e', TIMED, '--', ...command]);
    return Number(stdout);
  };
  for (let round = 0; round < rounds; round += 1) {
    taken.status.push(await timed('process-monitor', 'status'));
    taken.check.push(await timed('process-monitor', 'config', 'check'));
    taken.node.push(await timed(process.execPath, '-e', '0'));
  }
  return taken;
}
