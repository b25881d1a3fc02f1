/** Twenty units whose alarms come at random, each only after the one before it was cleared, and how many of each there were. */
import { countedUnit, forgetStarts, startsOf } from './counted-unit.js';
import type { MonitoredMachine } from './monitored-machine.js';

const NAMES = Array.from({ length: 20 }, (_, index) => `unit${index + 1}`);
/** Without a stable period: an alarm raised soon after the last one is a new one, and no failure. */
const QUICK =
  'restart_strategy = service\nsettle_time = 0\nstable_time = 0\nrestart_budget = 0\nhealth_check_timeout = 5';

export class RandomAlarms {
  readonly #host: MonitoredMachine;
  readonly #raised = new Map<string, number>(NAMES.map((name) => [name, 0]));

  constructor(host: MonitoredMachine) {
    this.#host = host;
  }

  /** What the machine is booted with. `more`: for every process; `unit`: the text of each unit. */
  static setup(
    more: string,
    unit = countedUnit(),
  ): { processes: string; monitor: string; units: Record<string, string> } {
    const sections = NAMES.map((name) => `[process.${name}]\n`).join('');
    return {
      processes: `[process.default]\n${QUICK}\n${more}\n${sections}`,
      monitor: 'mass_alarm_percent = 0\nmax_parallel_restarts = 5',
      units: Object.fromEntries(NAMES.map((name) => [`${name}.service`, unit])),
    };
  }

  /** All run, none is in alarm, and no start is counted yet. */
  async begin(): Promise<void> {
    await this.#host.addProcesses(NAMES);
    await this.#host.machine.must(`systemctl start ${NAMES.join(' ')}`);
    await forgetStarts(this.#host);
  }

  /** Of those whose last alarm is over, each gets the next one with this chance. */
  async raiseSome(chance: number): Promise<void> {
    const some = (await this.#clear()).filter(() => Math.random() < chance);
    if (some.length === 0) return;
    await this.#host.raise(...some.map((name) => NAMES.indexOf(name) + 1));
    for (const name of some) this.#raised.set(name, (this.#raised.get(name) ?? 0) + 1);
  }

  async untilAllClear(): Promise<void> {
    await this.#host.machine.waitFor(async () => (await this.#clear()).length === NAMES.length, {
      ...{ what: 'every alarm to be cleared', timeoutMs: 60_000, everyMs: 200 },
    });
  }

  /** By name. */
  get raised(): ReadonlyMap<string, number> {
    return this.#raised;
  }

  get total(): number {
    return [...this.#raised.values()].reduce((sum, each) => sum + each, 0);
  }

  /** How often each unit was started since the beginning, in the order of `raised`. */
  async starts(): Promise<ReadonlyMap<string, number>> {
    const count = async (name: string): Promise<number> => (await startsOf(this.#host, name)).length;
    return new Map(await Promise.all(NAMES.map(async (name) => [name, await count(name)] as const)));
  }

  async #clear(): Promise<readonly string[]> {
    const rows = await this.#host.sql('SELECT process_id FROM STATUS_PROCESS WHERE alarma = 0');
    return rows.map(([id]) => `unit${id ?? ''}`);
  }
}
