/**
 * The benchmark: the built daemon, installed and unprivileged, on a real systemd and MariaDB, each figure beside its limit
 * measured in the same run. Absolute figures depend on the machine; the ratios are meant.
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { format } from 'prettier';
import { PROJECT_DIRECTORY } from '../system/support/machine.js';
import { whyNoMachines } from '../system/support/machine-requirements.js';
import { whatIsAdded } from './added.js';
import { parseArguments, type BenchArguments, type PartName } from './arguments.js';
import { factsOf } from './host-facts.js';
import { idle } from './parts/idle.js';
import { memory } from './parts/memory.js';
import { neighbour } from './parts/neighbour.js';
import { oneAlarm } from './parts/one-alarm.js';
import { peers } from './parts/peers.js';
import { recovery } from './parts/recovery.js';
import { start } from './parts/start.js';
import { storm } from './parts/storm.js';
import { watch } from './parts/watch.js';
import { performancePage } from './performance-page.js';
import { terminalTable, type PartReport, type Report } from './report.js';
import { bootRig, type Rig } from './rig.js';

const PARTS: Readonly<Record<Exclude<PartName, 'added'>, (rig: Rig) => Promise<PartReport>>> = {
  ...{ 'one-alarm': oneAlarm, storm, neighbour, idle, memory, start, peers, watch, recovery },
};

async function main(): Promise<void> {
  const wanted = parseArguments(process.argv.slice(2));
  const obstacle = whyNoMachines();
  if (obstacle !== null) throw new Error(`the benchmark boots a machine, which cannot be done here: ${obstacle}`);
  if (wanted.parts.includes('added')) {
    console.log(terminalTable(await whatIsAdded(wanted.before === null ? null : resolve(wanted.before))));
    return;
  }
  const { report, failed } = await measure(wanted);
  const json = await format(JSON.stringify(report), { parser: 'json', printWidth: 120 });
  if (wanted.json !== null) await writeFile(resolve(wanted.json), json);
  if (failed.length > 0)
    throw new Error(`not measured: ${failed.join(', ')}${wanted.write ? '; nothing is written' : ''}`);
  if (!wanted.write) return;
  await writeFile(join(PROJECT_DIRECTORY, 'docs/performance.json'), json);
  await writeFile(join(PROJECT_DIRECTORY, 'docs/performance.md'), performancePage(report));
  console.log('written: docs/performance.json, docs/performance.md');
}

/** A part that fails is told and costs the others nothing. */
async function measure({ parts, quick }: BenchArguments): Promise<{ report: Report; failed: readonly string[] }> {
  const startedMs = performance.now();
  await using rig = await bootRig(quick);
  const machine = await factsOf(rig.host.machine);
  console.log(`${JSON.stringify(machine)}\n`);
  const done: PartReport[] = [];
  const failed: string[] = [];
  for (const name of parts) {
    if (name === 'added') continue;
    const beganMs = performance.now();
    try {
      const part = await PARTS[name](rig);
      done.push(part);
      console.log(`${terminalTable(part)}\n  (${Math.round((performance.now() - beganMs) / 1000)} s)\n`);
    } catch (cause: unknown) {
      failed.push(name);
      console.error(`${name} failed:`, cause);
    }
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const day = new Date().toISOString().slice(0, 10);
  return { report: { day, quick, seconds, machine, parts: done }, failed };
}

try {
  await main();
} catch (cause: unknown) {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}
