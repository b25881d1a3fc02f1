/** A bench on which anything may happen at any time, and an onlooker who sees each restart in the moment it is asked for. */
import fc from 'fast-check';
import type { UnitActionResult } from '../../src/ports/unit-manager.js';
import type { FakeUnit } from '../support/fake-unit-manager.js';
import type { MonitorPorts } from '../../src/engine/monitor.js';
import { MonitorBench, outage, type Deal } from '../support/monitor-bench.js';
import { mortal } from '../support/mortal.js';
import type { MemoryStatus } from '../support/memory-alarm-store.js';
import { idOf, policyOf, type PolicyWish } from '../support/policy.js';
import { lagging } from '../support/slow-port.js';

/** Two rows lead to `unit0`: by its own name and by its alias. */
export const NAMES = ['unit0', 'alias0', 'unit1', 'unit2', 'unit3'] as const;
export const PROCESS_BUDGET = { restarts: 4, windowMs: 600_000 };
export const HOST_BUDGET = { restarts: 9, windowMs: 600_000 };

const restart = fc.constantFrom<NonNullable<FakeUnit['restarts']>[number]>(
  ...[{}, {}, { takesMs: 3000 }, { takesMs: 90_000 }, { life: { kind: 'failed' as const } }],
  ...[300, 700, 4000, 15_000].map((afterMs) => ({ life: { kind: 'exits' as const, afterMs, status: afterMs % 2 } })),
  { life: { kind: 'crash_loops', upMs: 400, downMs: 1500, rounds: 2 } },
  { life: { kind: 'condition_not_met' } },
  { answer: { kind: 'not_permitted', detail: 'polkit' } },
  { answer: { kind: 'conflict', detail: 'a job' } },
  { answer: { kind: 'start_limit', detail: 'too often' } },
  { answer: { kind: 'failed', detail: 'no' } },
);

/** How the restarts of each unit go, one after another. */
export const fates = fc.array(fc.array(restart, { minLength: 1, maxLength: 4 }), { minLength: 4, maxLength: 4 });

const ROW_EVENTS = ['raise', 'raise', 'clear', 'acknowledge', 'release', 'rename', 'unname'] as const;
const UNIT_EVENTS = ['fail', 'run', 'operatorStops'] as const;
const WORLD_EVENTS = [
  'outage',
  'rights',
  'back',
  'failNext',
  'silent',
  'speaks',
  'noState',
  'state',
  'ahead',
  'behind',
] as const;
const PERSON_EVENTS = ['restart', 'isolate', 'reset'] as const;
const KILLS = ['kill'] as const;
const CALLS = ['alarmed', 'stillAlarmed', 'namesOf', 'clear', 'raise', 'countProcesses'] as const;

type What =
  | (typeof ROW_EVENTS)[number]
  | (typeof UNIT_EVENTS)[number]
  | (typeof WORLD_EVENTS)[number]
  | (typeof PERSON_EVENTS)[number]
  | (typeof KILLS)[number];

export interface Happening {
  readonly afterMs: number;
  readonly what: What;
  readonly which: number;
}

function happening(...whats: readonly What[]): fc.Arbitrary<Happening> {
  const afterMs = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 60_000 }));
  return fc.record({ afterMs, what: fc.constantFrom(...whats), which: fc.nat(59) });
}

const OFTEN = [...ROW_EVENTS, ...ROW_EVENTS, ...UNIT_EVENTS, ...WORLD_EVENTS];
/** Everything but people who steer, and death. */
export const weather = fc.array(happening(...OFTEN), { maxLength: 40, size: 'max' });
/** With people who restart, hold and let go, and with a monitor that dies and comes back. */
export const wildWeather = fc.array(happening(...OFTEN, ...PERSON_EVENTS, ...KILLS), { maxLength: 40, size: 'max' });

const POLICY: PolicyWish = {
  stableTimeMs: 10_000,
  commandTimeoutMs: 20_000,
  budget: PROCESS_BUDGET,
  breaker: { maxFailures: 2, resetAfterMs: 30_000, resetMultiplier: 2, maxOpenMs: 120_000 },
};

/** What lies beyond the monitor's own process, or on a disk. */
const TAKING_TIME: ReadonlySet<keyof MonitorPorts> = new Set(['source', 'writer', 'units', 'stateStore']);
const NEVER = new AbortController().signal;
/** How long questions and answers take. */
export const lags = fc.array(fc.oneof(fc.constant(0), fc.nat(50), fc.nat(800), fc.nat(3000)), {
  minLength: 5,
  maxLength: 30,
});

/** One restart as systemd was asked for it. */
export interface SeenRestart {
  readonly unit: string;
  /** Of the row whose handling asked. */
  readonly processId: number | null;
  readonly atMs: number;
}

export class RandomWorld {
  readonly bench: MonitorBench;
  readonly restarts: SeenRestart[] = [];
  /** What must never be: each in words. */
  readonly wrongs: string[] = [];
  #isBlind = false;
  #isMended = false;
  /** A person's word is above rows and budgets. */
  isSteered = false;

  /** `lags`: milliseconds that each question and each answer takes, one after another and over again; none: no time. */
  constructor(lives: readonly (readonly NonNullable<FakeUnit['restarts']>[number][])[], lags: readonly number[] = []) {
    this.bench = new MonitorBench({
      ...(lags.length === 0 ? {} : { deal: this.#slowly(lags) }),
      policies: Object.fromEntries(NAMES.map((name) => [name, POLICY])),
      units: Object.fromEntries(
        lives.map((restarts, index) => [
          `unit${index}.service`,
          { aliases: index === 0 ? ['alias0.service'] : [], initially: { kind: 'failed' as const }, restarts },
        ]),
      ),
      options: { maxParallelRestarts: 2, hostBudget: HOST_BUDGET },
    });
    NAMES.forEach((name, index) => this.bench.add(index + 1, name));
    this.#watchRestarts();
  }

  async live(events: readonly Happening[]): Promise<void> {
    await this.bench.start();
    for (const event of events) {
      await this.bench.advance(event.afterMs);
      await this.#happen(event);
    }
  }

  /** Everything answers again, and nobody interferes any more. */
  mend(): void {
    const { bench } = this;
    bench.store.setOutage(null);
    bench.units.isSilent = false;
    bench.stateStore.failure = null;
    this.#isBlind = false;
    this.#isMended = true;
  }

  get rows(): readonly MemoryStatus[] {
    return this.bench.store.statuses;
  }

  #slowly(lags: readonly number[]): Deal {
    let turn = 0;
    const lag = async (): Promise<void> => {
      const ms = lags[(turn += 1) % lags.length] ?? 0;
      if (ms > 0 && !this.#isMended) await this.bench.clock.sleep(ms, NEVER);
    };
    return (name, port, life) => {
      if (name === 'events') return port;
      return mortal(TAKING_TIME.has(name) ? lagging(port, lag) : port, () => life.isAlive);
    };
  }

  #watchRestarts(): void {
    const { units, clock } = this.bench;
    const restart = units.restart.bind(units);
    const underWay = new Set<string>();
    units.restart = async (name, options): Promise<UnitActionResult> => {
      const unit = canonical(name);
      const attempts = this.bench.told('restart.attempted');
      const processId = attempts.findLast(({ processName }) => canonical(processName) === unit)?.processId ?? null;
      this.restarts.push({ unit, processId, atMs: clock.monotonicMs() });
      if (underWay.has(unit)) this.wrongs.push(`${unit}: asked for twice at once`);
      if (this.#isBlind) this.wrongs.push(`${unit}: restarted while the database did not answer`);
      if (!this.isSteered && !this.#isAsked(unit)) this.wrongs.push(`${unit}: restarted without an alarm`);
      underWay.add(unit);
      return restart(name, options).finally(() => underWay.delete(unit));
    };
  }

  /** A row is in alarm, unacknowledged, and by its name of now leads to the unit. */
  #isAsked(unit: string): boolean {
    const { processes } = this.bench.store;
    return this.rows.some(({ id, alarma, sound }) => {
      const name = processes.find((process) => process.id === id)?.name ?? null;
      return alarma === 1 && !sound && name !== null && canonical(`${name}.service`) === unit;
    });
  }

  async #happen({ what, which }: Happening): Promise<void> {
    const { bench } = this;
    const row = this.rows[which % this.rows.length];
    const process = bench.store.processes[which % bench.store.processes.length];
    if (row === undefined || process === undefined) throw new Error('a world without rows');
    const unit = `unit${which % 4}.service`;
    switch (what) {
      case 'raise':
        return void Object.assign(row, { alarma: 1, sound: 0 });
      case 'clear':
        return void Object.assign(row, { alarma: 0 });
      case 'acknowledge':
        return void Object.assign(row, { sound: 1 });
      case 'release':
        return void Object.assign(row, { sound: null });
      case 'rename':
        return void Object.assign(process, { name: NAMES[(which * 7) % NAMES.length] });
      case 'unname':
        return void Object.assign(process, { name: which % 2 === 0 ? null : '$(reboot)' });
      case 'fail': {
        bench.units.happens(unit, { kind: 'failed' });
        return;
      }
      case 'run': {
        bench.units.happens(unit, { kind: 'runs' });
        return;
      }
      case 'operatorStops': {
        bench.units.operatorStops(unit, 2000);
        return;
      }
      case 'kill':
        return this.#dieAndReturn(which * 100);
      case 'restart':
      case 'isolate':
      case 'reset': {
        this.#steer(what, which);
        return;
      }
      default: {
        this.#change(what, which);
        return;
      }
    }
  }

  /** The next monitor may have to wait for a silent systemd before it begins. */
  async #dieAndReturn(pauseMs: number): Promise<void> {
    const { bench } = this;
    bench.kill();
    await bench.advance(pauseMs);
    const progress = { isOver: false };
    const started = bench.start().finally(() => (progress.isOver = true));
    for (let seconds = 0; !progress.isOver && seconds < 100; seconds += 1) await bench.advance(1000);
    await started;
  }

  #steer(what: (typeof PERSON_EVENTS)[number], which: number): void {
    this.isSteered = true;
    const processName = NAMES[which % NAMES.length] ?? 'unit0';
    const { monitor, bugs } = this.bench;
    if (what !== 'restart')
      monitor.ledger.setByPerson({ processId: idOf((which % NAMES.length) + 1), processName }, what);
    else monitor.restartNow(policyOf({ processName, ...POLICY })).catch((cause: unknown) => bugs.push(cause));
  }

  #change(what: (typeof WORLD_EVENTS)[number], which: number): void {
    const { bench } = this;
    const { clock, store, units, stateStore } = bench;
    if (what === 'outage' || what === 'rights' || what === 'back') {
      this.#isBlind = what !== 'back';
      const error = outage(what === 'rights' ? 'rights' : 'unreachable');
      store.setOutage(what === 'back' ? null : error);
    } else if (what === 'failNext') store.failNext(outage(), CALLS[which % CALLS.length]);
    else if (what === 'silent' || what === 'speaks') units.isSilent = what === 'silent';
    else if (what === 'noState' || what === 'state') stateStore.failure = what === 'noState' ? 'no space left' : null;
    else clock.setWallClock(clock.nowMs() + (what === 'ahead' ? 1 : -1) * which * 60_000);
  }
}

function canonical(name: string): string {
  const unit = name.endsWith('.service') ? name : `${name}.service`;
  return unit === 'alias0.service' ? 'unit0.service' : unit;
}
