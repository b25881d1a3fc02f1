/** The units of this host through the `systemctl` command. */
import type { UnitState } from '../../domain/unit-state.js';
import type { CommandResult, CommandRunner, RunOptions } from '../../ports/command-runner.js';
import type { UnitActionResult, UnitManager, UnitStates, UnitsUnknown } from '../../ports/unit-manager.js';
import { isNoUnit, toActionResult, whyUnknown } from './action-result.js';
import { parseShow } from './systemctl-show.js';
import { notFoundState, SHOWN_PROPERTIES } from './unit-properties.js';
import { toUnitName } from './unit-name.js';

/** A block takes 0.5 to 0.9 KiB: so many fit into the 64 KiB of output that a runner keeps. */
const UNITS_PER_QUESTION = 60;

// No questions, no pager, no colours, and sentences that do not depend on the language of the host.
const QUIET = ['--no-ask-password', '--no-pager'];
const ENVIRONMENT = { LC_ALL: 'C', SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0' };

/** Needs no rights to ask; to act it is root or allowed by polkit. Every time limit is one of a single `systemctl` command. */
export class SystemctlUnitManager implements UnitManager {
  readonly #runner: Pick<CommandRunner, 'run'>;

  constructor(runner: Pick<CommandRunner, 'run'>) {
    this.#runner = runner;
  }

  async describe(names: readonly string[], options: RunOptions): Promise<UnitStates | UnitsUnknown> {
    const units = [...new Set(names.map(toUnitName).filter((unit) => unit !== null))];
    const states = new Map<string, UnitState>();
    for (let first = 0; first < units.length; first += UNITS_PER_QUESTION) {
      const asked = units.slice(first, first + UNITS_PER_QUESTION);
      const answers = await this.#show(asked, options);
      if (typeof answers === 'string') return answers;
      asked.forEach((unit, index) => states.set(unit, answers[index] ?? notFoundState(unit)));
    }
    return new Map(names.map((name) => [name, states.get(toUnitName(name) ?? '') ?? notFoundState(name)]));
  }

  restart(unit: string, options: RunOptions): Promise<UnitActionResult> {
    // The default mode `replace` would cancel an operator's stop, and even a shutdown that has begun.
    return this.#act(['--job-mode=fail', 'restart'], unit, options);
  }

  resetFailed(unit: string, options: RunOptions): Promise<UnitActionResult> {
    return this.#act(['reset-failed'], unit, options);
  }

  /** Nothing can be heard through a command that ends. */
  readonly isHearing = false;

  follow(): void {
    // On purpose nothing.
  }

  async #act(request: readonly string[], name: string, options: RunOptions): Promise<UnitActionResult> {
    const unit = toUnitName(name);
    if (unit === null) return { kind: 'impossible', detail: `not the name of a unit: ${JSON.stringify(name)}` };
    return toActionResult(await this.#systemctl([...request, '--', unit], options));
  }

  /**
   * The states of `units`, in their order. An answer that is short of a unit is asked for again in halves: one name that
   * systemd will have nothing to do with ends the command, and must not hide the other units.
   */
  async #show(units: readonly string[], options: RunOptions): Promise<readonly UnitState[] | UnitsUnknown> {
    const properties = `--property=${SHOWN_PROPERTIES.join(',')}`;
    const result = await this.#systemctl(['show', properties, '--', ...units], options);
    const states = result.kind === 'exited' ? parseShow(result.output) : [];
    if (states.length === units.length) return states;
    const [unit] = units;
    if (units.length === 1 && unit !== undefined && isNoUnit(result)) return [notFoundState(unit)];
    if (units.length === 1 || (states.length === 0 && !isNoUnit(result))) return whyUnknown(result);
    const half = Math.ceil(units.length / 2);
    const left = await this.#show(units.slice(0, half), options);
    if (typeof left === 'string') return left;
    const right = await this.#show(units.slice(half), options);
    return typeof right === 'string' ? right : [...left, ...right];
  }

  #systemctl(args: readonly string[], options: RunOptions): Promise<CommandResult> {
    return this.#runner.run({ file: 'systemctl', args: [...QUIET, ...args], environment: ENVIRONMENT }, options);
  }
}
