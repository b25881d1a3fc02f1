/** A bench whose monitor dies at a chosen call of a port: before it, while it is carried out, or before its answer comes. */
import type { MonitorPorts } from '../../src/engine/monitor.js';
import type { Command, CommandResult, CommandRunner, RunOptions } from '../../src/ports/command-runner.js';
import type { ProcessStarter, StartRequest, StartResult } from '../../src/ports/process-starter.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { MonitorBench, type BenchSetup } from './monitor-bench.js';

/** What the world does with what a dead monitor has begun. */
export interface Aftermath {
  /** From the death to the next monitor. */
  readonly downMs: number;
  /** Whether a command or a start that was asked for goes on without the monitor or ends with it. */
  readonly begun: 'goes_on' | 'ends';
  /** The whole host goes down with the first death. */
  readonly reboots: boolean;
}

export interface Death {
  /** For example `units.restart during`. */
  readonly point: string;
  /** The one before it. */
  readonly after: string;
}

interface Life {
  isAlive: boolean;
}

/** Calls in which time passes: a monitor may die in the middle of them. */
const LONG_CALLS = new Set(['runner.run', 'units.restart', 'starter.start', 'clock.sleep', 'stateStore.save']);
/** These answer at once, and do nothing. */
const PLAIN_CALLS = new Set(['units.follow', 'clock.nowMs', 'clock.monotonicMs']);
const SAVING_MS = 3;
/** From the request to the program. */
const ASKING_MS = 300;
const MONITOR_UNIT = 'process-monitor.service';

export class CrashWorld {
  readonly bench: MonitorBench;
  readonly aftermath: Aftermath;
  readonly deaths: Death[] = [];
  /** Ends of commands that came by themselves, by the command's text. */
  readonly finished: string[] = [];
  /** Programs that were really started, by system name. */
  readonly started: string[] = [];
  /** Commands that run at this moment. */
  running = 0;
  /** Points of the running monitor's life so far. */
  points = 0;
  #dieAt: number | null = null;
  #lastPoint = 'birth';
  #scopes = new Map<string, AbortController>();
  #ending = new AbortController();

  constructor(setup: BenchSetup, aftermath: Aftermath) {
    this.aftermath = aftermath;
    this.bench = new MonitorBench({ ...setup, deal: (name, port, life) => this.#deal(name, port, life) });
    this.#boot();
  }

  /** Starts a monitor that dies at its point of this number, from 0; null: it lives. */
  async begin(dieAt: number | null): Promise<void> {
    this.points = 0;
    this.#dieAt = dieAt;
    this.#lastPoint = 'birth';
    this.#ending = new AbortController();
    const { length } = this.deaths;
    // One that dies before it is ready never is.
    const ready = this.bench.start();
    while (this.deaths.length === length && !(await isSettled(ready))) await this.bench.advance(100);
  }

  /** It does not die any more. */
  spare(): void {
    this.#dieAt = null;
  }

  /** What the death of the monitor, and of the host with it, does to the world. */
  async endLife(): Promise<void> {
    if (this.aftermath.reboots && this.deaths.length === 1) this.#reboot();
    await this.bench.advance(this.aftermath.downMs);
  }

  #boot(): void {
    this.bench.table.add({ pid: 1, argv: ['/sbin/init'] });
    this.bench.table.add({ pid: this.bench.table.ownPid, argv: ['/usr/bin/node', '/opt/pm.js'], unit: MONITOR_UNIT });
  }

  #reboot(): void {
    this.#ending.abort();
    for (const scope of this.#scopes.values()) scope.abort();
    this.bench.table.reboot();
    this.#boot();
    for (const name of this.bench.units.names) this.bench.units.happens(name, { kind: 'dead' });
  }

  #die(life: Life, point: string): void {
    life.isAlive = false;
    this.deaths.push({ point, after: this.#lastPoint });
    if (this.aftermath.begun === 'ends') this.#ending.abort();
  }

  /** Whether the monitor dies here. */
  #passes(life: Life, point: string): boolean {
    if (this.points++ === this.#dieAt) this.#die(life, point);
    this.#lastPoint = point;
    return life.isAlive;
  }

  #deal<T extends object>(name: keyof MonitorPorts, port: T, life: Life): T {
    const real = this.#realOf(name, port);
    const never = new Promise<never>(() => undefined);
    return new Proxy(port, {
      get: (_target, key) => {
        const value: unknown = Reflect.get(real, key, real);
        if (typeof value !== 'function') return value;
        const call = `${name}.${String(key)}`;
        const apply = (args: readonly unknown[]): unknown => Reflect.apply(value, real, args);
        return (...args: readonly unknown[]): unknown => {
          if (PLAIN_CALLS.has(call)) return apply(args);
          if (name === 'events') return life.isAlive ? apply(args) : undefined;
          if (!life.isAlive || !this.#passes(life, `${call} before`)) return never;
          const result = apply(args);
          if (LONG_CALLS.has(call) && !this.#passes(life, `${call} during`)) return never;
          const answer = async (cause: unknown, isGood: boolean): Promise<unknown> => {
            if (!life.isAlive || !this.#passes(life, `${call} after`)) return never;
            if (!isGood) throw cause;
            return cause;
          };
          return (result as Promise<unknown>).then(
            (good) => answer(good, true),
            (bad: unknown) => answer(bad, false),
          );
        };
      },
    });
  }

  #realOf(name: keyof MonitorPorts, port: object): object {
    if (name === 'runner') return this.#runner();
    if (name === 'starter') return this.#starter();
    return name === 'stateStore' ? this.#store() : port;
  }

  /** Commands end with their scope, and with the monitor where the aftermath says so. */
  #runner(): CommandRunner {
    const { runner } = this.bench;
    const ending = this.#ending.signal;
    return {
      run: async (command: Command, { timeoutMs, signal }: RunOptions): Promise<CommandResult> => {
        const scope = this.#scopes.get(command.scope ?? '') ?? new AbortController();
        if (command.scope !== undefined) this.#scopes.set(command.scope, scope);
        this.running += 1;
        const result = await runner.run(command, {
          timeoutMs,
          signal: AbortSignal.any([signal, ending, scope.signal]),
        });
        this.running -= 1;
        if (result.kind === 'exited') this.finished.push(command.args.at(-1) ?? '');
        return result;
      },
      endScope: async (scope: string): Promise<void> => {
        this.#scopes.get(scope)?.abort();
        await runner.endScope(scope);
      },
    };
  }

  /** Durable after a moment: a save that nobody waits for may not be in time. */
  #store(): StateStore {
    const { clock, stateStore } = this.bench;
    const ending = this.#ending.signal;
    let last: Promise<unknown> = Promise.resolve();
    return {
      load: () => stateStore.load(),
      save: (state) => {
        const saved = last.then(async () => {
          const isCutOff = (await clock.sleep(SAVING_MS, ending)) === 'aborted';
          return isCutOff ? ({ kind: 'failed', detail: 'cut off' } as const) : stateStore.save(state);
        });
        last = saved;
        return saved;
      },
    };
  }

  /** As systemd does it: what it was asked for happens, whether or not anybody waits for the answer. */
  #starter(): ProcessStarter {
    const { clock, starter } = this.bench;
    const ending = this.#ending.signal;
    return {
      obstacle: starter.obstacle,
      start: async (request: StartRequest, options: RunOptions): Promise<StartResult> => {
        if (this.aftermath.begun === 'ends' && (await clock.sleep(ASKING_MS, ending)) === 'aborted')
          return { kind: 'not_started', reason: 'other', detail: 'nobody asked' };
        const result = await starter.start(request, { ...options, signal: new AbortController().signal });
        if (result.kind === 'started') this.started.push(request.name);
        await clock.sleep(ASKING_MS, ending);
        return result;
      },
    };
  }
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const notYet = Symbol('not yet');
  return (await Promise.race([promise, Promise.resolve(notYet)])) !== notYet;
}
