/** One part of the profile; arguments: `storm COUNT`, `handlings COUNT` or `idle KNOWN`. Prints what it costs and where. */
import { liveKilobytes, processorMs, profiled, type SelfTime } from './profile-report.js';
import { createWorld, type World } from './profile-world.js';

const CYCLES = 1000;
const WARM_UP_HANDLINGS = 500;
const SHOWN = 14;

const [part, text] = process.argv.slice(2);
const number = Number(text);
if (part === 'idle') await idle(number);
else if (part === 'handlings') await handlings(number);
else await storm(number);

/** Several rounds of so many alarms at once. */
async function storm(count: number): Promise<void> {
  const world = await createWorld({ checkIntervalMs: 100, known: 0 });
  const rounds = Math.max(3, Math.ceil(1500 / count));
  const work = repeat(world, rounds, count);
  await repeat(world, Math.ceil(WARM_UP_HANDLINGS / count), count)();
  const spentMs = await processorMs(work);
  console.log(`\nstorm of ${count}: ${(spentMs / (rounds * count)).toFixed(3)} ms of processor time for each alarm`);
  print(await profiled(work), rounds * count, 'alarm');
  await world.close();
}

/** Many handlings one storm after the other, and what is left of them in memory. */
async function handlings(count: number): Promise<void> {
  const world = await createWorld({ checkIntervalMs: 100, known: 0 });
  await repeat(world, WARM_UP_HANDLINGS / 100, 100)();
  const beforeKb = liveKilobytes();
  const seen: string[] = [];
  const spentMs = await processorMs(async () => {
    for (let tenth = 0; tenth < 10; tenth += 1) {
      await repeat(world, count / 1000, 100)();
      seen.push(String(liveKilobytes() - beforeKb));
    }
  });
  console.log(
    `\n${count} handlings: ${(spentMs / count).toFixed(3)} ms of processor time for each, collections forced`,
  );
  console.log(`  live heap ${beforeKb} KB; after each tenth of them ${seen.join(', ')} KB more`);
  await world.close();
}

/** Cycles in which nothing is in alarm. */
async function idle(known: number): Promise<void> {
  const world = await createWorld({ checkIntervalMs: 2, known });
  await world.cycles(CYCLES);
  const spentMs = await processorMs(() => world.cycles(CYCLES));
  console.log(
    `\nidle, ${known} processes remembered: ${(spentMs / CYCLES).toFixed(3)} ms of processor time for each cycle`,
  );
  print(await profiled(() => world.cycles(CYCLES)), CYCLES, 'cycle');
  await world.close();
}

function repeat(world: World, rounds: number, count: number): () => Promise<void> {
  return async () => {
    for (let round = 0; round < rounds; round += 1) await world.storm(count);
  };
}

function print(entries: readonly SelfTime[], divisor: number, unit: string): void {
  for (const { module, ms, functions } of entries.slice(0, SHOWN))
    console.log(`  ${((ms / divisor) * 1000).toFixed(0).padStart(6)} µs/${unit}  ${module}  (${functions.join(', ')})`);
}
