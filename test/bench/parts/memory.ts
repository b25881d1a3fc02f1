/** What the daemon holds in memory: after its start, by how many processes it knows, and after thousands of handlings. */
import { memoryOf, type Memory } from '../counters.js';
import { figure, pause, slope, type Figure } from '../figures.js';
import { knowing, type Known } from '../known.js';
import { pidsOf } from '../processor.js';
import type { PartReport } from '../report.js';
import { startDaemon, stopDaemon, UNITS, type Rig } from '../rig.js';

const STORM_TIMEOUT_MS = 140_000;
const KNOWN: readonly Known[] = [
  { rows: 10, sections: 10 },
  { rows: 1000, sections: 1000 },
  { rows: 10_000, sections: 10 },
  { rows: 10_000, sections: 10_000 },
];
const LIMIT = 'memory.limit';
const LEAST_FOR_GROWTH = 8;
const REST_MS = 60_000;
const OWN_NODE = '/opt/bench/node';
const OWN_NODE_DROP_IN = '/etc/systemd/system/process-monitor.service.d/own-node.conf';

export async function memory(rig: Rig): Promise<PartReport> {
  const figures: Figure[] = [];
  await stopDaemon(rig);
  await ownNode(rig);
  const limits = await bareMemory(rig);
  const notes: string[] = [];
  for (const known of KNOWN) {
    const looks = await afterStart(rig, known);
    if (typeof looks === 'string') notes.push(looks);
    else figures.push(...looks);
  }
  figures.push(...limits, ...(await afterHandlings(rig)));
  await stopDaemon(rig);
  await rig.host.machine.must(`rm -r ${OWN_NODE_DROP_IN} && systemctl daemon-reload`);
  return { name: 'memory', figures, notes };
}

/** A copy of Node that nothing else runs from: with other Nodes on the host, most of it would count as theirs. */
async function ownNode({ host: { machine } }: Rig): Promise<void> {
  await machine.must(`cp ${process.execPath} ${OWN_NODE}`);
  const shipped = await machine.read('/etc/systemd/system/process-monitor.service');
  const start = /^ExecStart=.*$/m.exec(shipped)?.[0] ?? '';
  // Its launcher is left as it is; Node is what the first option stands behind.
  const text = `[Service]\nExecStart=\n${start.replace(/\S+(?= --)/, OWN_NODE)}\n`;
  await machine.installUnit('process-monitor.service.d/own-node.conf', text);
}

/** Alone on the machine, as each of them is when it is looked at. */
async function bareMemory(rig: Rig): Promise<readonly Figure[]> {
  const { machine } = rig.host;
  const shipped = await machine.read('/etc/systemd/system/process-monitor.service');
  const flags = /^ExecStart=.*? (--.*?) \/\S+ run$/m.exec(shipped)?.[1] ?? '';
  const environment = /^Environment=.*$/m.exec(shipped)?.[0] ?? '';
  const [, file = ''] = rig.program('packages');
  const command = `${OWN_NODE} ${flags} ${file} '${rig.host.databasePassword.replaceAll('%', '%%')}'`;
  const unit = `[Service]\nUser=process-monitor\n${environment}\nExecStart=${command}\n`;
  await machine.installUnit('bench-packages.service', unit);
  const looks = await repeated(rig, async () => {
    await machine.must('systemctl restart bench-packages');
    return settled(rig, 'bench-packages');
  });
  await machine.must('systemctl stop bench-packages');
  return [
    figure([LIMIT, 'proportional memory of a bare Node with the same packages'], 'MB', proportional(looks)),
    figure(['memory.limit.rss', 'resident memory of a bare Node with the same packages'], 'MB', resident(looks)),
  ];
}

/** Or why it is not known. */
async function afterStart(rig: Rig, known: Known): Promise<readonly Figure[] | string> {
  const { rows, sections } = known;
  const listed = sections === rows ? 'a section for each' : `${sections} sections`;
  const what = `${rows.toLocaleString('en')} processes, ${listed}`;
  const looks = await knowing(rig, known, {}, () =>
    repeated(rig, async () => {
      const { code } = await rig.host.machine.sh('systemctl restart process-monitor', { timeoutMs: 60_000 });
      return code === 0 ? settled(rig, 'process-monitor') : null;
    }),
  );
  if (looks.length === 0) return `memory with ${what}: the daemon did not start`;
  return [
    figure(
      [`memory.start.${rows}.${sections}`, `proportional memory after the start, ${what}`],
      'MB',
      proportional(looks),
      {
        ...{ limit: LIMIT, aim: { of: 'median', atMost: 50 } },
      },
    ),
    figure(
      [`memory.start.${rows}.${sections}.rss`, `resident memory after the start, ${what}`],
      'MB',
      resident(looks),
      {
        limit: 'memory.limit.rss',
      },
    ),
  ];
}

async function afterHandlings(rig: Rig): Promise<readonly Figure[]> {
  const rounds = rig.quick ? 4 : 20;
  await startDaemon(rig, {});
  const looks: Memory[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await rig.host.sql(`UPDATE STATUS_PROCESS SET alarma = 1, sound = 0 WHERE process_id <= ${UNITS}`);
    await rig.drivers.root.ask({ way: 'wait', database: 'monitor', timeoutMs: STORM_TIMEOUT_MS });
    // The next look forgets them.
    await pause(1500);
    looks.push(await memoryOf((await pidsOf(rig.host.machine, 'process-monitor'))[0] ?? 0));
  }
  const handlings = (rounds * UNITS).toLocaleString('en');
  const last = looks.slice(-3);
  // By itself, once nothing is left to do, V8 collects what the storms have left.
  await pause(REST_MS);
  const rested = [await memoryOf((await pidsOf(rig.host.machine, 'process-monitor'))[0] ?? 0)];
  return [
    figure(['memory.handled', `proportional memory after ${handlings} handlings`], 'MB', proportional(last), {
      ...{ limit: LIMIT, aim: { of: 'median', atMost: 50 } },
    }),
    figure(['memory.handled.rss', `resident memory after ${handlings} handlings`], 'MB', resident(last), {
      limit: 'memory.limit.rss',
    }),
    figure(['memory.rested', `proportional memory a minute after ${handlings} handlings`], 'MB', proportional(rested), {
      limit: LIMIT,
    }),
    ...growthOf(looks),
  ];
}

/** Over the later half of the rounds; of a few of them nothing can be told, for a heap breathes by some megabytes. */
function growthOf(looks: readonly Memory[]): readonly Figure[] {
  const later = looks.slice(Math.floor(looks.length / 2));
  if (later.length < LEAST_FOR_GROWTH) return [];
  const growth = slope(later.map(({ rssMb }, index) => [(index * UNITS) / 1000, rssMb] as const));
  return [
    figure(['memory.growth', 'growth for each 1,000 handlings, over the later half of them'], 'MB', [growth], {
      aim: { of: 'median', atMost: 0.3 },
    }),
  ];
}

async function repeated(rig: Rig, look: () => Promise<Memory | null>): Promise<readonly Memory[]> {
  const looks: Memory[] = [];
  for (let round = 0; round < (rig.quick ? 1 : 2); round += 1) {
    const seen = await look();
    if (seen !== null) looks.push(seen);
  }
  return looks;
}

async function settled(rig: Rig, unit: string): Promise<Memory> {
  await pause(rig.quick ? 3000 : 5000);
  return memoryOf((await pidsOf(rig.host.machine, unit))[0] ?? 0);
}

const proportional = (looks: readonly Memory[]): readonly number[] => looks.map(({ pssMb }) => pssMb);
const resident = (looks: readonly Memory[]): readonly number[] => looks.map(({ rssMb }) => rssMb);
