/** The monitor dies before, during and after every call of a port: one restart for one alarm, nothing forgotten, nothing left. */
import { env } from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { play } from '../support/crash-run.js';
import { CRASH_SCENARIOS, type CrashScenario } from '../support/crash-scenarios.js';
import type { Aftermath } from '../support/crash-world.js';

/** `CRASH_STRIDE=1` tries every point; the short form tries one in so many, each scenario beginning at another one. */
const STRIDE = Number(env['CRASH_STRIDE'] ?? 60);
const RANDOM_RUNS = Number(env['CRASH_RUNS'] ?? 1);

const AFTERMATHS: readonly Aftermath[] = [
  { downMs: 500, begun: 'goes_on', reboots: false },
  { downMs: 500, begun: 'ends', reboots: false },
  { downMs: 12_000, begun: 'goes_on', reboots: false },
  { downMs: 3000, begun: 'ends', reboots: true },
];

/** Every complaint with the story that led to it. */
async function complaintsOf(
  scenario: CrashScenario,
  dieAt: readonly number[],
  aftermath: Aftermath,
): Promise<string[]> {
  const { deaths, complaints } = await play(scenario, dieAt, aftermath);
  const story = deaths
    .map(({ point, after }, life) => `${point} (#${dieAt[life] ?? ''}, after ${after})`)
    .join(', then ');
  return complaints.map((complaint) => `${complaint}: ${story}; ${JSON.stringify(aftermath)}`);
}

describe.each(CRASH_SCENARIOS.map((scenario, index) => ({ ...scenario, index })))('$name', (scenario) => {
  it('is what it should be without any death', async () => {
    for (const aftermath of AFTERMATHS.slice(0, 2)) expect(await complaintsOf(scenario, [], aftermath)).toEqual([]);
  });

  it('ends as it should, wherever the monitor dies', async () => {
    const complaints: string[] = [];
    for (const [turn, aftermath] of AFTERMATHS.entries()) {
      const { points } = await play(scenario, [], aftermath);
      for (let point = (scenario.index + turn * 3) % STRIDE; point < points; point += STRIDE)
        complaints.push(...(await complaintsOf(scenario, [point], aftermath)));
    }
    expect(complaints).toEqual([]);
  }, 600_000);

  it('ends as it should, wherever the next ones die too', async () => {
    const { points } = await play(scenario, [], { downMs: 0, begun: 'ends', reboots: false });
    const point = fc.nat(points);
    const few = fc.oneof(fc.nat(40), point);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(point, fc.array(few, { minLength: 1, maxLength: 4 })),
        fc.constantFrom(...AFTERMATHS),
        async ([first, next], aftermath) => {
          expect(await complaintsOf(scenario, [first, ...next], aftermath)).toEqual([]);
        },
      ),
      { numRuns: RANDOM_RUNS },
    );
  }, 600_000);
});
