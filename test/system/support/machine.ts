/** Boots test machines: a real systemd, and MariaDB on demand, in namespaces of their own that end with the test process. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { BootedMachine, type Keeper } from './booted-machine.js';
import { startMariadb } from './machine-mariadb.js';
import { controlGroupRoot, whyNoMachines } from './machine-requirements.js';

const SCRIPTS = import.meta.dirname;
/** Root of the repository: every machine sees it at the same path, and what it writes there reaches nobody else. */
export const PROJECT_DIRECTORY = resolve(SCRIPTS, '../../..');

export interface MachineOptions {
  /** Becomes the host name: letters, digits, `-`. */
  readonly name: string;
  /** Starts MariaDB in it, empty, on 127.0.0.1:3306 and `MARIADB_SOCKET`; default: no. */
  readonly mariadb?: boolean;
}

/** Resolves when the machine's systemd (and MariaDB) is up. The caller stops it, or `await using` does. */
export async function bootMachine({ name, mariadb = false }: MachineOptions): Promise<BootedMachine> {
  const obstacle = whyNoMachines();
  const root = controlGroupRoot();
  if (obstacle !== null || root === null) throw new Error(`no test machine can be booted here: ${obstacle ?? root}`);
  const group = `${root}/test-machine-${name}-${randomBytes(4).toString('hex')}`;
  const keeper = startKeeper(group, name);
  const complaints: string[] = [];
  // A keeper that has ended early has said why; that its input is closed adds nothing.
  keeper.stdin.on('error', () => undefined);
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  const machine = new BootedMachine(await firstPid(keeper), group, keeper);
  try {
    await machine.waitUntilUp();
    if (mariadb) await startMariadb(machine);
    return machine;
  } catch (cause: unknown) {
    await machine.stop().catch(() => undefined);
    throw new Error(`the machine ${name} did not come up: ${complaints.join('')}`, { cause });
  }
}

function startKeeper(group: string, name: string): Keeper {
  const shared = [PROJECT_DIRECTORY, dirname(process.execPath)];
  const args = [`${SCRIPTS}/machine-keeper.sh`, group, `${SCRIPTS}/machine-boot.sh`, name, ...shared];
  // Detached: a Ctrl-C at the terminal ends the tests, and the keeper then cleans up behind them.
  return spawn('/bin/sh', args, { stdio: 'pipe', detached: true, cwd: '/' });
}

/** The machine's first process tells its number before it does anything else; 0: there was none. */
async function firstPid(keeper: Keeper): Promise<number> {
  for await (const line of createInterface({ input: keeper.stdout })) return Number(line);
  return 0;
}
