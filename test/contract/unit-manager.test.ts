/** The fake unit manager keeps the contract; the real one does so on a test machine (test/system/unit-manager.test.ts). */
import { describe } from 'vitest';
import { FakeClock } from '../support/fake-clock.js';
import { FakeUnitManager } from '../support/fake-unit-manager.js';
import { unitManagerContract } from './unit-manager-contract.js';
import { CONTRACT_UNITS } from './unit-manager-units.js';

describe('fake unit manager', () => {
  const clock = new FakeClock();
  const fakes = Object.entries(CONTRACT_UNITS).map(([name, { fake }]) => [name, fake] as const);
  const manager = new FakeUnitManager(clock, Object.fromEntries(fakes));
  unitManagerContract(
    () => ({
      manager,
      until: async (condition, what) => {
        for (let turn = 0; turn < 1000; turn++) {
          if (await condition()) return;
          await clock.advance(20);
        }
        throw new Error(`never came: ${what}`);
      },
      operatorStops: async (unit) => manager.operatorStops(unit, 2000),
    }),
    { tells: true },
  );
});
