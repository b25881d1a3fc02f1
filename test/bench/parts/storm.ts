/** Many alarms at once: how long until the first and the last are reset, and what each costs whom; beside the best bare way. */
import { watchExecs } from '../../system/support/exec-watch.js';
import type { LogLine } from '../../system/support/monitored-machine.js';
import { best, figure, pause, type Figure } from '../figures.js';
import type { DriverRequest } from '../machine/driver.js';
import { processorTimes, SHARER_NAMES, spentBetween, type ProcessorTimes } from '../processor.js';
import type { PartReport } from '../report.js';
import { logMark, logSince, reloadDaemon, startDaemon, stopDaemon, UNIT_NAMES, type Driver, type Rig } from '../rig.js';
import { restOf, timeHandling, type Handling } from '../statements.js';

const TIMEOUT_MS = 120_000;
/** What a storm leaves to be done: jobs to be forgotten, lines to be written. */
const AFTERMATH_MS = 300;
const AIMED_AT = new Map([
  [10, 1.25],
  [100, 1.25],
]);

/** As the program is shipped, and with fewer at once. */
const WIDTHS = [
  { name: 'shipped', what: 'as shipped (32 at once)', monitor: '' },
  { name: 'narrow', what: '8 at once', monitor: 'max_parallel_restarts = 8' },
] as const;
type Width = (typeof WIDTHS)[number];

/** Ways to restart the same units with nothing else. */
const WAYS = [
  { id: 'systemctl', what: 'one systemctl with all names', inFlight: null },
  { id: 'bus-8', what: 'D-Bus, 8 in flight', inFlight: 8 },
  { id: 'bus-32', what: 'D-Bus, 32 in flight', inFlight: 32 },
  { id: 'bus-100', what: 'D-Bus, 100 in flight', inFlight: 100 },
] as const;
type Way = (typeof WAYS)[number];

interface Storm extends Handling {
  readonly spent: ProcessorTimes;
}

export async function storm(rig: Rig): Promise<PartReport> {
  const sizes = [
    { alarms: 10, rounds: rig.quick ? 3 : 7 },
    { alarms: 100, rounds: rig.quick ? 3 : 5 },
    ...(rig.quick ? [] : [{ alarms: 500, rounds: 2 }]),
  ];
  await startDaemon(rig, {});
  for (const alarms of [10, 100]) await byDaemon(rig, alarms);
  const figures: Figure[] = [];
  for (const { alarms, rounds } of sizes) figures.push(...(await ofSize(rig, alarms, rounds)));
  await stopDaemon(rig);
  return { name: 'storm', figures, notes: rig.quick ? ['500 alarms, by the quick form'] : [] };
}

async function ofSize(rig: Rig, alarms: number, rounds: number): Promise<readonly Figure[]> {
  const ours = new Map<Width, Storm[]>(WIDTHS.map((width) => [width, []]));
  const bare = new Map<Way, Storm[]>(WAYS.map((way) => [way, []]));
  const asRoot: Storm[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const way of WAYS) bare.get(way)?.push(await byDriver(rig, rig.drivers.daemon, { alarms, way, round }));
    asRoot.push(await byDriver(rig, rig.drivers.root, { alarms, way: WAYS[2], round }));
    for (const width of WIDTHS) {
      await reloadDaemon(rig, { monitor: width.monitor });
      ours.get(width)?.push(await byDaemon(rig, alarms));
    }
  }
  const limits = WAYS.map((way) =>
    figure(
      [`storm-${alarms}.${way.id}`, `${alarms} alarms: ${way.what}, bare: first look to last reset`],
      ...(['ms', (bare.get(way) ?? []).map(({ toLastResetMs }) => toLastResetMs)] as const),
    ),
  );
  const limit = best(limits);
  const of = { alarms, limit };
  const daemon: Figure[] = [];
  for (const width of WIDTHS) {
    daemon.push(...times(of, width, ours.get(width) ?? []), ...(await counts(rig, alarms, width)));
  }
  const root = figure(
    [`storm-${alarms}.root`, `${alarms} alarms: D-Bus, 32 in flight, bare, as root`],
    ...(['ms', asRoot.map(({ toLastResetMs }) => toLastResetMs), { limit }] as const),
  );
  const cheapest = [...(bare.get(WAYS.find(({ id }) => limit.endsWith(id)) ?? WAYS[0]) ?? [])];
  return [...daemon, ...limits, root, ...shares(alarms, 'bare', cheapest)];
}

function times(
  { alarms, limit }: { alarms: number; limit: string },
  width: Width,
  storms: readonly Storm[],
): readonly Figure[] {
  const atMost = width.name === 'shipped' ? AIMED_AT.get(alarms) : undefined;
  const id = `storm-${alarms}.${width.name}`;
  const what = `${alarms} alarms: the daemon, ${width.what}`;
  return [
    figure(
      [id, `${what}: first look to last reset`],
      'ms',
      storms.map(({ toLastResetMs }) => toLastResetMs),
      {
        ...{ limit, ...(atMost === undefined ? {} : { aim: { of: 'ratio', atMost } as const }) },
      },
    ),
    figure(
      [`${id}.first`, `${what}: to the first reset`],
      ...(['ms', storms.map(({ toFirstResetMs }) => toFirstResetMs)] as const),
    ),
    ...(width.name === 'shipped' ? shares(alarms, 'daemon', storms) : []),
  ];
}

/** Who computes how much for each alarm. */
function shares(alarms: number, who: 'daemon' | 'bare', storms: readonly Storm[]): readonly Figure[] {
  return SHARER_NAMES.filter((name) => who === 'daemon' || name !== 'the daemon').map((name) => {
    const id = `storm-${alarms}.${who}.cpu.${name.replaceAll(' ', '-')}`;
    const what = `${alarms} alarms: processor time for each alarm, ${who === 'bare' ? 'bare: ' : ''}${name}`;
    const isAimed = who === 'daemon' && name === 'the daemon';
    const samples = storms.map(({ spent }) => spent[name]);
    return figure([id, what], 'ms', samples, {
      ...(isAimed ? { aim: { of: 'median', atMost: 2 } as const } : {}),
      ...(who === 'daemon' && name !== 'the daemon'
        ? { limit: `storm-${alarms}.bare.cpu.${name.replaceAll(' ', '-')}` }
        : {}),
    });
  });
}

/** In a storm of its own, since watching costs time: programs that the daemon starts, and the most it handles at once. */
async function counts(rig: Rig, alarms: number, width: Width): Promise<readonly Figure[]> {
  await reloadDaemon(rig, { monitor: width.monitor });
  const mark = await logMark(rig);
  const watch = await watchExecs(rig.host.machine, 'process-monitor.service');
  await byDaemon(rig, alarms);
  const programs = await watch.stop();
  const id = `storm-${alarms}.${width.name}`;
  const what = `${alarms} alarms: the daemon, ${width.what}`;
  return [
    figure([`${id}.programs`, `${what}: programs started for each alarm`], '', [programs.length / alarms], {
      ...(width.name === 'shipped' ? { aim: { of: 'median', atMost: 0 } as const } : {}),
    }),
    figure([`${id}.in-flight`, `${what}: most in flight`], '', [mostAtOnce(await logSince(rig, mark))]),
  ];
}

async function byDaemon({ host, drivers }: Rig, alarms: number): Promise<Storm> {
  return measured(host, { database: 'monitor', alarms }, async () => {
    await drivers.root.ask({ way: 'wait', database: 'monitor', timeoutMs: TIMEOUT_MS });
  });
}

async function byDriver(
  { host }: Rig,
  driver: Driver,
  { alarms, way, round }: { readonly alarms: number; readonly way: Way; readonly round: number },
): Promise<Storm> {
  const { inFlight } = way;
  const units = UNIT_NAMES.slice(0, alarms).map((name) => `${name}.service`);
  const request: DriverRequest = inFlight === null ? { way: 'systemctl', units } : { way: 'bus', units, inFlight };
  return measured(host, { database: 'limit_', alarms }, async () => {
    await restOf(round);
    await driver.ask(request);
  });
}

async function measured(
  host: Rig['host'],
  { database, alarms }: { readonly database: string; readonly alarms: number },
  handle: () => Promise<void>,
): Promise<Storm> {
  const ids = Array.from({ length: alarms }, (_, index) => index + 1);
  let before: ProcessorTimes | undefined;
  let after: ProcessorTimes | undefined;
  const handling = await timeHandling(host, { database, ids }, async () => {
    before = await processorTimes(host.machine);
    await handle();
    await pause(AFTERMATH_MS);
    after = await processorTimes(host.machine);
  });
  if (before === undefined || after === undefined) throw new Error('nothing was handled');
  return { ...handling, spent: spentBetween(before, after, alarms) };
}

/** Most handlings that were open at any line of the log. */
function mostAtOnce(log: readonly LogLine[]): number {
  let open = 0;
  const counted = log.map(({ event }) => {
    if (event === 'restart.started') open += 1;
    if (event === 'restart.ended') open -= 1;
    return open;
  });
  return Math.max(...counted, 0);
}
