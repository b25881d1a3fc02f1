/** Runs commands in a test machine instead of on the host, with the runner of the program. */
import { SpawnRunner } from '../../../src/adapters/exec/spawn-runner.js';
import { SystemClock } from '../../../src/adapters/time/system-clock.js';
import type { Command, CommandResult, CommandRunner, RunOptions } from '../../../src/ports/command-runner.js';
import type { BootedMachine } from './booted-machine.js';

export class MachineRunner implements CommandRunner {
  readonly #runner = new SpawnRunner(new SystemClock());
  readonly #machine: BootedMachine;
  readonly #prefix: readonly string[];

  /** `prefix`: a program that the command is given to, for example `['setpriv', '--reuid=nobody', …]`. */
  constructor(machine: BootedMachine, prefix: readonly string[] = []) {
    this.#machine = machine;
    this.#prefix = prefix;
  }

  run(command: Command, options: RunOptions): Promise<CommandResult> {
    const environment = Object.entries(command.environment ?? {}).map(([name, value]) => `${name}=${value}`);
    const inside = [...this.#prefix, 'env', ...environment, command.file, ...command.args];
    const [file, ...args] = this.#machine.onHost(inside);
    return this.#runner.run({ file, args }, options);
  }

  async endScope(scope: string, options: RunOptions): Promise<void> {
    await this.#runner.endScope(scope, options);
  }
}
