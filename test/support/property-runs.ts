/** How often a property is tried: a few times in the test command, `FUZZ_RUNS` times as often in its whole form. */

const factor = Number(process.env['FUZZ_RUNS'] ?? 1);
if (!(factor >= 1)) throw new Error('FUZZ_RUNS: how many times as often as in the test command, from 1');

/** For `fc.assert`; `few` runs in the test command. */
export function runs(few: number): { readonly numRuns: number } {
  return { numRuns: Math.round(few * factor) };
}

/** Of a test that holds properties: it ends by itself, this is only so that a hanging one is seen. */
export const PROPERTY_TIMEOUT_MS = factor > 1 ? 3600_000 : 60_000;
