/** Processor time and heap of a piece of work, and who in the program they went to. */
import { Session, type Profiler } from 'node:inspector/promises';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One module's own time, without what it called. */
export interface SelfTime {
  readonly module: string;
  readonly ms: number;
  /** Its three dearest functions. */
  readonly functions: readonly string[];
}

/** Runs it under the sampling profiler; the dearest modules first. */
export async function profiled(work: () => Promise<void>): Promise<readonly SelfTime[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return selfTimes(profile);
}

/** Processor time of all threads, milliseconds. */
export async function processorMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** What is really alive, kilobytes. */
export function liveKilobytes(): number {
  // Twice: the first one may only have finished an earlier marking.
  globalThis.gc?.();
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1024);
}

function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly SelfTime[] {
  const spentUs = new Map<number, number>();
  for (const [index, id] of samples.entries()) spentUs.set(id, (spentUs.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const modules = modulesByLine();
  const totals = new Map<string, Map<string, number>>();
  for (const { id, callFrame } of nodes) {
    const ms = (spentUs.get(id) ?? 0) / 1000;
    if (ms === 0 || callFrame.functionName === '(idle)') continue;
    const module = moduleOf(callFrame.url, callFrame.lineNumber, modules) ?? callFrame.functionName;
    const functions = totals.get(module) ?? new Map<string, number>();
    const name = callFrame.functionName || '(anonymous)';
    totals.set(module, functions.set(name, (functions.get(name) ?? 0) + ms));
  }
  return [...totals]
    .map(([module, functions]) => ({
      module,
      ms: [...functions.values()].reduce((sum, ms) => sum + ms, 0),
      functions: [...functions]
        .sort((one, other) => other[1] - one[1])
        .slice(0, 3)
        .map(([name]) => name),
    }))
    .sort((one, other) => other.ms - one.ms);
}

/** The bundle tells before each module where it comes from. */
function modulesByLine(): readonly string[] {
  let module = '';
  return readFileSync(fileURLToPath(import.meta.url), 'utf8')
    .split('\n')
    .map((line) => (module = /^ *\/\/ ((?:src|test|node_modules)\/\S+)$/.exec(line)?.[1] ?? module));
}

function moduleOf(url: string, lineNumber: number, modules: readonly string[]): string | null {
  if (url === import.meta.url) return modules[lineNumber] ?? null;
  return url === '' ? null : url;
}
