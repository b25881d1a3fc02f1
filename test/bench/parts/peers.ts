/** A killed process back: this daemon and the others that do it, as far as they are installed here. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { figure, pause, type Figure } from '../figures.js';
import { PEERS, type Peer } from '../peers.js';
import type { PartReport } from '../report.js';
import { startDaemon, stopDaemon, type Rig } from '../rig.js';
import { timeHandling } from '../statements.js';

const countsOf = ({ quick }: Rig): readonly number[] => (quick ? [1, 10] : [1, 10, 100]);
const TIMEOUT_MS = 90_000;
const LOOK_EVERY_MS = 2;
/** They take a process for started after a second, and none may be killed while it is starting. */
const SETTLED_MS = 1500;

export async function peers(rig: Rig): Promise<PartReport> {
  const figures: Figure[] = [];
  await startDaemon(rig, {});
  await pause(SETTLED_MS);
  for (const count of countsOf(rig)) {
    const taken: number[] = [];
    for (let round = 0; round < roundsOf(rig, count); round += 1) taken.push(await byDaemon(rig, count));
    const what = `${count} killed: this daemon, a look each second, 32 at once: restarted, verified and written back`;
    figures.push(figure([`peers.${count}.daemon`, what], 'ms', taken));
  }
  await stopDaemon(rig);
  const notes: string[] = [];
  for (const peer of PEERS) {
    if (peer.obstacle !== null) notes.push(`${peer.name}: ${peer.obstacle}`);
    else figures.push(...(await ofPeer(rig, peer)));
  }
  return { name: 'peers', figures: figures.sort((one, other) => countOf(one) - countOf(other)), notes };
}

const countOf = ({ id }: Figure): number => Number(id.split('.')[1]);
const roundsOf = ({ quick }: Rig, count: number): number => (count === 100 ? (quick ? 1 : 2) : quick ? 2 : 3);

/** The alarms are raised the moment after the kill, as a detector would. */
async function byDaemon({ host, drivers, quick }: Rig, count: number): Promise<number> {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const groups = ids.map((id) => `system.slice/bench-${id}.service`);
  // At any moment between two looks.
  await pause(quick ? 300 : 300 + 150 * ids.length ** 0.3);
  const killed = await killAll(host.machine.group, groups);
  const killedMs = Date.now();
  const { beganMs, toLastResetMs } = await timeHandling(host, { database: 'monitor', ids }, async () => {
    await drivers.root.ask({ way: 'wait', database: 'monitor', timeoutMs: TIMEOUT_MS });
  });
  await untilBack(host.machine.group, groups, killed);
  return beganMs + toLastResetMs - killedMs;
}

async function ofPeer(rig: Rig, peer: Peer): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const count of countsOf(rig)) {
    const groups = await peer.start(rig.host.machine, count);
    const taken: number[] = [];
    await pause(SETTLED_MS + (peer.name === 'PM2' ? count * 40 : 0));
    for (let round = 0; round < roundsOf(rig, count); round += 1) {
      await pause(SETTLED_MS);
      const killed = await killAll(rig.host.machine.group, groups);
      const killedMs = performance.now();
      await untilBack(rig.host.machine.group, groups, killed);
      taken.push(performance.now() - killedMs);
    }
    await peer.stop(rig.host.machine, count);
    figures.push(figure([`peers.${count}.${peer.name}`, `${count} killed: ${peer.what}`], 'ms', taken));
  }
  return figures;
}

/** Every `sleep` in these control groups; gives who was killed. */
async function killAll(machine: string, groups: readonly string[]): Promise<ReadonlySet<number>> {
  const pids = await sleepersOf(machine, groups);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return new Set(pids);
}

async function untilBack(machine: string, groups: readonly string[], killed: ReadonlySet<number>): Promise<void> {
  for (const deadline = performance.now() + TIMEOUT_MS; ;) {
    const pids = await sleepersOf(machine, groups);
    if (pids.length >= killed.size && pids.every((pid) => !killed.has(pid))) return;
    if (performance.now() > deadline) throw new Error(`${pids.length} of ${killed.size} came back`);
    await pause(LOOK_EVERY_MS);
  }
}

async function sleepersOf(machine: string, groups: readonly string[]): Promise<readonly number[]> {
  const lists = await Promise.all(
    groups.map((group) => readFile(join(machine, group, 'cgroup.procs'), 'utf8').catch(() => '')),
  );
  const pids = lists.flatMap((text) => text.split('\n').filter(Boolean).map(Number));
  const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => names[index] === 'sleep\n');
}
