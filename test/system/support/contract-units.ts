/** The contract of a unit manager on a test machine: its units, some odd ones, and the tests that every way to systemd passes there. */
import { describe, expect, it } from 'vitest';
import type { UnitManager } from '../../../src/ports/unit-manager.js';
import { unitManagerContract } from '../../contract/unit-manager-contract.js';
import { CONTRACT_UNITS } from '../../contract/unit-manager-units.js';
import type { BootedMachine } from './booted-machine.js';

export const RUNS = '[Service]\nExecStart=/bin/sleep 1000\n';
/** Still stopping when the test is over. */
export const HOLDS_ON = '[Service]\nExecStart=/bin/sleep 1000\nExecStop=/bin/sleep 20\n';
const OPTIONS = { timeoutMs: 20_000, signal: new AbortController().signal };

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
const ODD_RESTARTS = [
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
  const files = Object.entries(CONTRACT_UNITS).flatMap(([name, { file }]) =>
    file === null ? [] : [[name, file] as const],
  );
  await machine.must(`cd /etc/systemd/system && ln -s /dev/null masked.service &&
    ln -s canonical.service alias.service`);
  await machine.installUnits({
    ...Object.fromEntries(files),
    'instance@.service': RUNS,
    ...ODD_UNITS,
  });
  await machine.must('systemctl start steady.service slow-to-stop.service');
}

export interface ManagerOnMachine {
  /** With `installContractUnits`. */
  readonly machine: BootedMachine;
  readonly manager: UnitManager;
}

/** Declares the tests; `get` is called in each of them. `tells`: as for `unitManagerContract`. */
export function contractOnMachine(get: () => ManagerOnMachine, tells: { readonly tells: boolean }): void {
  describe('unit manager', () => {
    unitManagerContract(
      () => ({
        manager: get().manager,
        until: (condition, what) => get().machine.waitFor(condition, { what }),
        operatorStops: async (unit) => {
          await get().machine.must(`systemctl stop --no-block ${unit}`);
        },
      }),
      tells,
    );
  });

  it.each(ODD_RESTARTS)('takes the restart of %s as %s', async (unit, kind) => {
    expect(await get().manager.restart(unit, OPTIONS)).toMatchObject({ kind });
  });

  it('says that somebody else was at it when an operator stops the unit in the middle of its restart', async () => {
    const { machine, manager } = get();
    const restarted = manager.restart('long-work.service', OPTIONS);
    await untilActivating(machine, 'long-work.service');
    await machine.must('systemctl stop long-work.service');
    expect(await restarted).toMatchObject({ kind: 'conflict' });
  });
}

export async function untilActivating(machine: BootedMachine, unit: string): Promise<void> {
  const isAtWork = async (): Promise<boolean> =>
    (await machine.sh(`systemctl is-active ${unit}`)).stdout.trim() === 'activating';
  await machine.waitFor(isAtWork, { what: `the restart of ${unit} to begin` });
}
