/** What a monitor must do before it is ready is little, however much an earlier one has left behind. */
import { expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';

const NAMES = Array.from({ length: 20 }, (_, index) => `unit${index}`);

it('asks systemd once for everything that was being handled or watched', async () => {
  const bench = benchOf({
    policies: Object.fromEntries(NAMES.map((name) => [name, {}])),
    units: Object.fromEntries(NAMES.map((name) => [`${name}.service`, { initially: { kind: 'failed' } }])),
    options: { maxParallelRestarts: 10 },
  });
  NAMES.forEach((name, index) => bench.add(index + 1, name));
  await bench.start();
  // The first ten are watched, the others are being restarted.
  await bench.advance(1500);
  const asked = bench.units.calls.length;
  bench.kill();
  await bench.start();
  const [first] = bench.units.calls.slice(asked);
  expect(first?.names).toHaveLength(20);
  await bench.advance(200_000);
  expect(bench.outcomes().filter((outcome) => outcome === 'recovered')).toHaveLength(20);
});
