/** Lets the daemon's user restart the units that its settings name, and no others. */
import type { BootedMachine } from './booted-machine.js';
import { describeRun } from './run-program.js';

const GRANTED = 0;
/** Some of them cannot be granted: for most tests that is as it should be. */
const PARTLY_REFUSED = 1;

/** Rejects where the settings cannot be used; the rights hold when this resolves. */
export async function grantUnits(machine: BootedMachine): Promise<void> {
  const granted = await machine.sh('process-monitor grant');
  if (granted.code !== GRANTED && granted.code !== PARTLY_REFUSED) throw new Error(`grant: ${describeRun(granted)}`);
  // By itself polkit notices a changed rule within a second.
  await machine.must('systemctl restart polkit.service');
}
