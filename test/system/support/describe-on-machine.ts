/** Groups tests that need a machine: where none can be booted they are skipped loudly, and with CI=true they fail. */
import { describe, it } from 'vitest';
import { whyNoMachines } from './machine-requirements.js';

/** As vitest's `describe`. */
export function describeOnMachine(name: string, body: () => void): void {
  const reason = whyNoMachines();
  if (reason === null) {
    describe(name, body);
    return;
  }
  if (process.env['CI'] === 'true') {
    describe(name, () => {
      it('runs on a test machine', () => {
        throw new Error(`no test machine can be booted here: ${reason}`);
      });
    });
    return;
  }
  console.warn(`SKIPPED: ${name}: no test machine can be booted here: ${reason}`);
  describe.skip(name, body);
}
