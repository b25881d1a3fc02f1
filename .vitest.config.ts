/** How the tests run: three projects, from pure and quick to whole machines; and the whole forms of what these hold in short. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // One project after another: they differ in how many workers they may have.
      {
        test: {
          name: 'unit',
          setupFiles: ['test/support/fixed-seed.ts'],
          include: ['test/unit/**/*.test.ts', 'test/engine/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'contract',
          setupFiles: ['test/support/fixed-seed.ts'],
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['test/support/servers/install-all.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'system',
          setupFiles: ['test/support/fixed-seed.ts'],
          include: ['test/system/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // They wait more than they work.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'stress',
          include: ['test/stress/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
