/** Puts the units that the contract of a unit manager is about on a test machine, and some odd ones. */
import { CONTRACT_UNITS } from '../../contract/unit-manager-units.js';
import type { BootedMachine } from './booted-machine.js';

export const RUNS = '[Service]\nExecStart=/bin/sleep 1000\n';

/** Most fail, each in a way of its own. */
const ODD_UNITS = {
  'clocked.service': RUNS,
  'long-work.service': '[Service]\nType=oneshot\nExecStart=/bin/sleep 20\n',
  'no-program.service': '[Service]\nExecStart=/nowhere/program\n',
  'no-user.service': '[Service]\nUser=nosuchuser\nExecStart=/bin/sleep 1000\n',
  'pre-fails.service': `${RUNS}ExecStartPre=/bin/false\n`,
  'assertion.service': `[Unit]\nAssertPathExists=/nowhere\n${RUNS}`,
  'never-ready.service': '[Service]\nType=notify\nTimeoutStartSec=1\nExecStart=/bin/sleep 1000\n',
  'needs-failing.service': `[Unit]\nRequires=pre-fails.service\nAfter=pre-fails.service\n${RUNS}`,
  'bad-file.service': '[Service]\nType=simple\n',
};

/** How systemd takes the restart of each. */
export const ODD_RESTARTS = [
  ['no-program.service', 'done'],
  ['no-user.service', 'done'],
  ['pre-fails.service', 'failed'],
  ['assertion.service', 'failed'],
  ['never-ready.service', 'failed'],
  ['needs-failing.service', 'failed'],
  ['bad-file.service', 'impossible'],
  ['system.slice', 'impossible'],
  ['-.mount', 'impossible'],
] as const;

export async function installContractUnits(machine: BootedMachine): Promise<void> {
  const files = Object.entries(CONTRACT_UNITS).flatMap(([name, { file }]) => (file === null ? [] : [[name, file]]));
  await machine.must(`cd /etc/systemd/system && ln -s /dev/null masked.service &&
    ln -s canonical.service alias.service`);
  await machine.installUnits({
    ...(Object.fromEntries(files) as Record<string, string>),
    'instance@.service': RUNS,
    ...ODD_UNITS,
  });
  await machine.must('systemctl start steady.service slow-to-stop.service');
}
