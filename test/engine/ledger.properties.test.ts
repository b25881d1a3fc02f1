/** The ledger beside a model of it: whatever is recorded, stored, read back, and whatever the clock does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tick } from '../../src/domain/circuit-breaker.js';
import { NO_EVIDENCE, newMemory } from '../../src/domain/process-memory.js';
import type { RestartOutcome } from '../../src/domain/outcome.js';
import { Ledger } from '../../src/engine/ledger.js';
import { FakeClock } from '../support/fake-clock.js';
import { MemoryStateStore } from '../support/memory-state-store.js';
import { idOf, policyOf } from '../support/policy.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../support/property-runs.js';
import { RecordingSink } from '../support/recording-sink.js';
import {
  breakerAt,
  BUDGET,
  fail,
  forgive,
  HOST,
  LIMITS,
  mayRestart,
  newProcess,
  STABLE_MS,
  stored,
  type ProcessModel,
} from './ledger-model.js';

const IDS = [1, 2] as const;
const policy = policyOf({ breaker: LIMITS, budget: BUDGET, stableTimeMs: STABLE_MS });

const OUTCOMES: readonly RestartOutcome[] = [
  { kind: 'recovered', attempts: 1, tookMs: 1 },
  { kind: 'still_unhealthy', attempts: 1, detail: 'x' },
  { kind: 'command_failed', attempts: 1, detail: 'x' },
  { kind: 'refused', detail: 'x' },
  { kind: 'refused', detail: 'x', isPassing: true },
  { kind: 'interrupted', why: 'no_longer_ours' },
  { kind: 'interrupted', why: 'operator_at_work' },
];

/** Mostly short, and often exactly to where something ends. */
const WAIT_MS = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.constantFrom(1, STABLE_MS, 10_000, 30_000, 50_000, 60_000),
);

const step = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('wait' as const), ms: WAIT_MS }), weight: 4 },
  {
    arbitrary: fc.record({ do: fc.constant('spend' as const), ids: fc.subarray([...IDS], { minLength: 1 }) }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      ids: fc.subarray([...IDS], { minLength: 1 }),
      outcome: fc.constantFrom(...OUTCOMES, ...OUTCOMES.slice(1, 3)),
      isCounted: fc.boolean(),
    }),
    weight: 5,
  },
  fc.record({
    do: fc.constantFrom(
      'begin' as const,
      'stabilise' as const,
      'relapse' as const,
      'endWatch' as const,
      'isolate' as const,
      'reset' as const,
    ),
    ids: fc.subarray([...IDS], { minLength: 1, maxLength: 1 }),
  }),
  fc.record({
    do: fc.constantFrom(
      'clear' as const,
      'raise' as const,
      'paid' as const,
      'handled' as const,
      'unhandled' as const,
      'forget' as const,
      'tick' as const,
    ),
    ids: fc.subarray([...IDS], { minLength: 1, maxLength: 1 }),
  }),
  // Less than a second is within what stored times may be wrong by.
  fc.record({ do: fc.constant('setClock' as const), ms: fc.integer({ min: -50, max: 50 }).map((n) => n * 2000) }),
  fc.record({ do: fc.constantFrom('save' as const, 'die' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

class Pair {
  readonly clock = new FakeClock();
  readonly #disk = new MemoryStateStore();
  ledger = this.#newLedger();
  models = new Map<number, ProcessModel>(IDS.map((id) => [id, newProcess()]));
  host: number[] = [];
  #saved = {
    models: structuredClone(this.models),
    host: [...this.host],
    wallMs: this.clock.nowMs(),
    monotonicMs: this.clock.monotonicMs(),
  };

  #newLedger(): Ledger {
    const deps = { clock: this.clock, events: new RecordingSink(), hostBudget: HOST, hostId: null };
    return new Ledger({ ...deps, save: (view) => this.#disk.save(view) });
  }

  get nowMs(): number {
    return this.clock.monotonicMs();
  }

  async take(one: Step): Promise<void> {
    if (one.do === 'wait') return this.clock.advance(one.ms);
    if (one.do === 'setClock') {
      this.clock.setWallClock(this.clock.nowMs() + one.ms);
      return;
    }
    if (!('ids' in one)) {
      if (one.do === 'die') this.#die();
      else await this.save();
      return;
    }
    const subjects = one.ids.map((id) => ({ processId: idOf(id), processName: `p${id}` }));
    const models = one.ids.map((id) => this.models.get(id) ?? newProcess());
    if (one.do === 'spend') {
      this.#spend(subjects, models);
      return;
    }
    if (one.do === 'settle') {
      this.ledger.settle(subjects, one.outcome, {
        policy,
        alarmId: 'a',
        evidence: NO_EVIDENCE,
        isCounted: one.isCounted,
      });
      for (const model of models) this.#settle(model, one.outcome, one.isCounted);
      return;
    }
    const [subject, model] = [subjects[0], models[0]];
    if (subject !== undefined && model !== undefined) await this.#change(one.do, subject, model);
  }

  #spend(subjects: Parameters<Ledger['spend']>[0], models: readonly ProcessModel[]): void {
    const may =
      mayRestart(this.host, HOST, this.nowMs) &&
      models.every(({ restarts }) => mayRestart(restarts, BUDGET, this.nowMs));
    expect(this.ledger.spend(subjects, BUDGET)).toBe(may);
    if (!may) return;
    this.host = this.#spent(this.host);
    for (const model of models) model.restarts = this.#spent(model.restarts);
  }

  /** Both windows are as long. What has left one does not come back, also where the clock is set back. */
  #spent(times: readonly number[]): number[] {
    return [...times.filter((time) => this.nowMs - time < BUDGET.windowMs), this.nowMs];
  }

  #settle(model: ProcessModel, outcome: RestartOutcome, isCounted: boolean): void {
    Object.assign(model, { inFlight: null, refusedUntilMs: 0 });
    if (outcome.kind === 'recovered') model.watchUntilMs = this.nowMs + STABLE_MS;
    if (outcome.kind === 'refused') model.refusedUntilMs = this.nowMs + (outcome.isPassing ? 10_000 : 60_000);
    if (outcome.kind === 'interrupted' && outcome.why === 'operator_at_work')
      model.refusedUntilMs = this.nowMs + 10_000;
    if (outcome.kind !== 'still_unhealthy' && outcome.kind !== 'command_failed') return;
    model.watchUntilMs = null;
    if (isCounted) fail(model, this.nowMs);
  }

  async #change(what: string, subject: Parameters<Ledger['owe']>[0], model: ProcessModel): Promise<void> {
    const { ledger, nowMs } = this;
    const mark = { alarmId: 'b', startedMs: nowMs, deadlineMs: nowMs + 1000, attempt: 1, step: 'unit' } as const;
    switch (what) {
      case 'begin':
        await ledger.recordHandling(
          [subject],
          { ...mark, stepEnded: null, askedBy: null, before: NO_EVIDENCE },
          new Map(),
        );
        model.inFlight = 'b';
        this.#noteSaved();
        break;
      case 'stabilise':
        ledger.stabilise(subject, policy);
        model.watchUntilMs = null;
        if (!model.isHeld) forgive(model);
        break;
      case 'relapse':
        ledger.relapse(subject, policy);
        Object.assign(model, { watchUntilMs: null, isHandled: false });
        if (model.owes === 'clear') model.owes = null;
        fail(model, nowMs);
        break;
      case 'isolate':
        ledger.setByPerson(subject, 'isolate');
        forgive(model);
        model.isHeld = true;
        break;
      case 'reset':
        ledger.setByPerson(subject, 'reset');
        forgive(model);
        Object.assign(model, { isHeld: false, restarts: [], refusedUntilMs: 0 });
        break;
      case 'clear':
      case 'raise':
        ledger.owe(subject, { kind: what, stamp: 's', sinceMs: nowMs, alarmId: 'c', claim: null });
        model.owes = what;
        break;
      default:
        this.#end(what, subject, model);
    }
  }

  #end(what: string, subject: Parameters<Ledger['owe']>[0], model: ProcessModel): void {
    const { ledger } = this;
    if (what === 'tick') ledger.tickBreakers();
    if (what === 'endWatch') {
      ledger.endWatch(subject);
      model.watchUntilMs = null;
    } else if (what === 'paid') {
      ledger.paid(subject);
      model.owes = null;
    } else if (what === 'handled') {
      ledger.handled(subject);
      model.isHandled = true;
    } else if (what === 'forget') {
      ledger.forgetHandling(subject);
      model.inFlight = null;
    } else if (what === 'unhandled') {
      ledger.forgetHandledExcept([]);
      for (const each of this.models.values()) each.isHandled = false;
    }
  }

  async save(): Promise<void> {
    await this.ledger.save();
    this.#noteSaved();
  }

  #noteSaved(): void {
    this.#saved = {
      models: structuredClone(this.models),
      host: [...this.host],
      wallMs: this.clock.nowMs(),
      monotonicMs: this.nowMs,
    };
  }

  #die(): void {
    this.ledger = this.#newLedger();
    if (this.#disk.state !== null) this.ledger.restore(this.#disk.state);
    const { models, host, wallMs, monotonicMs } = this.#saved;
    const passedMs = this.clock.nowMs() - wallMs;
    // What no longer counted may be forgotten or not; a clock that is set back makes that show.
    const back = (model: ProcessModel, remembered: readonly number[]): ProcessModel => {
      const isOver = (time: number): boolean => monotonicMs - time >= BUDGET.windowMs;
      const [over, counted] = [model.restarts.filter(isOver), model.restarts.filter((time) => !isOver(time))];
      const since = (restarts: number[]) => stored({ ...model, restarts }, monotonicMs, this.nowMs, passedMs);
      const kept = since(over).restarts.filter((time) => remembered.includes(time));
      return { ...since(counted), restarts: [...kept, ...since(counted).restarts] };
    };
    const times = (id: number): readonly number[] => this.ledger.memoryOf(idOf(id))?.restarts ?? [];
    this.models = new Map([...models].map(([id, model]) => [id, back(model, times(id))]));
    this.host = back({ ...newProcess(), restarts: [...host] }, this.ledger.hostRestarts()).restarts;
  }

  expectSame(): void {
    for (const [id, model] of this.models) {
      const memory = this.ledger.memoryOf(idOf(id)) ?? newMemory(`p${id}`);
      expect(tick(memory.breaker, this.nowMs)).toEqual(breakerAt(model, this.nowMs));
      expect(memory.restarts.filter((time) => time > this.nowMs - BUDGET.windowMs)).toEqual(
        model.restarts.filter((time) => time > this.nowMs - BUDGET.windowMs),
      );
      expect([memory.owed?.kind ?? null, memory.inFlight?.alarmId ?? null]).toEqual([model.owes, model.inFlight]);
      expect(memory.watch?.untilMs ?? null).toBe(model.watchUntilMs);
      expect(Math.max(memory.refusal?.untilMs ?? 0, this.nowMs)).toBe(Math.max(model.refusedUntilMs, this.nowMs));
      expect(memory.handledMs !== null).toBe(model.isHandled);
    }
  }
}

describe('the ledger', () => {
  it(
    'remembers what its model remembers, across deaths and clocks that are set',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
          const pair = new Pair();
          for (const one of steps) {
            await pair.take(one);
            pair.expectSame();
          }
        }),
        runs(150),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
