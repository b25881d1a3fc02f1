/** What every unit manager promises, told on the units of `unit-manager-units.ts`. */
import { expect, it } from 'vitest';
import type { UnitState } from '../../src/domain/unit-state.js';
import type { UnitManager } from '../../src/ports/unit-manager.js';

export interface UnitManagerUnderTest {
  readonly manager: UnitManager;
  /** Passes time until it holds; rejects when it never does. */
  readonly until: (condition: () => Promise<boolean>, what: string) => Promise<void>;
  /** Begins to stop the unit as an operator would, which takes it 2 s, and does not wait. */
  readonly operatorStops: (unit: string) => Promise<void>;
}

const OPTIONS = { timeoutMs: 20_000, signal: new AbortController().signal };

/** Declares the tests; `get` is called in each of them. Each test has units of its own, so one world serves them all. */
export function unitManagerContract(get: () => UnitManagerUnderTest): void {
  describing(get);
  restarting(get);
  refusing(get);
  waiting(get);
}

function describing(get: () => UnitManagerUnderTest): void {
  it('shows a unit that runs, by its name with or without suffix', async () => {
    const state = await look(get, 'steady.service');
    expect(state).toMatchObject({ id: 'steady.service', names: ['steady.service'], loadState: 'loaded' });
    expect(state).toMatchObject({ activeState: 'active', subState: 'running', type: 'simple', restartPolicy: 'no' });
    expect(state).toMatchObject({ hasJob: false, refusesManualStart: false, conditionHeld: true, nRestarts: 0 });
    expect(state.mainPid).toBeGreaterThan(1);
    expect(state.invocationId).toMatch(/^[0-9a-f]{32}$/);
    expect(state.activeEnterMs).toBeGreaterThan(0);
    expect(await look(get, 'steady')).toEqual(state);
  });

  it('shows an alias as the unit that it stands for', async () => {
    await get().manager.restart('canonical.service', OPTIONS);
    const state = await look(get, 'alias.service');
    expect(state).toEqual(await look(get, 'canonical.service'));
    expect(state.id).toBe('canonical.service');
    expect([...state.names].sort()).toEqual(['alias.service', 'canonical.service']);
  });

  it('answers for every name in the order asked, hostile ones and repeats among them', async () => {
    const hostile = [
      '*',
      '--help',
      '--host=127.0.0.1',
      '../x',
      'a b',
      '',
      '1',
      'x@.service',
      // Valid names, that systemd will have nothing to do with.
      ...['t@user.slice', 't@init.scope', 't@dev-sda.device'],
      'ü',
      'y'.repeat(300),
      '\n',
    ];
    const names = [...hostile, 'steady.service', 'missing.service', 'steady.service', 'masked.service'];
    const states = await get().manager.describe(names, OPTIONS);
    if (typeof states === 'string') throw new Error(states);
    expect([...states.keys()]).toEqual([...hostile, 'steady.service', 'missing.service', 'masked.service']);
    const loadStates = [...states.values()].map(({ loadState }) => loadState);
    expect(loadStates).toEqual([...hostile.map(() => 'not-found'), 'loaded', 'not-found', 'masked']);
  });

  it('answers for nothing and for many', async () => {
    expect(await get().manager.describe([], OPTIONS)).toEqual(new Map());
    const names = Array.from({ length: 250 }, (_, number) => `${'n'.repeat(200)}-${number}.service`);
    const states = await get().manager.describe([...names, 'steady.service'], OPTIONS);
    if (typeof states === 'string') throw new Error(states);
    expect(states.size).toBe(251);
    expect(names.every((name) => states.get(name)?.id === name)).toBe(true);
    expect(states.get('steady.service')?.loadState).toBe('loaded');
  });
}

function restarting(get: () => UnitManagerUnderTest): void {
  it('gives a restarted unit a new main process and a new invocation', async () => {
    const before = await look(get, 'steady.service');
    expect(await get().manager.restart('steady.service', OPTIONS)).toEqual({ kind: 'done' });
    const after = await look(get, 'steady.service');
    expect(after).toMatchObject({ activeState: 'active', subState: 'running' });
    expect(after.mainPid).not.toBe(before.mainPid);
    expect(after.invocationId).not.toBe(before.invocationId);
    expect(after.activeEnterMs).toBeGreaterThanOrEqual(before.activeEnterMs);
  });

  it('starts a unit that does not run, an instance of a template too', async () => {
    expect(await look(get, 'instance@one')).toMatchObject({ loadState: 'loaded', activeState: 'inactive', mainPid: 0 });
    expect(await get().manager.restart('instance@one', OPTIONS)).toEqual({ kind: 'done' });
    expect(await look(get, 'instance@one')).toMatchObject({ id: 'instance@one.service', activeState: 'active' });
  });

  it('says done of a program that dies soon after, and shows the failure later', async () => {
    expect(await get().manager.restart('short-lived.service', OPTIONS)).toEqual({ kind: 'done' });
    await until(get, 'short-lived.service', ({ activeState }) => activeState === 'failed');
    const expected = { subState: 'failed', result: 'exit-code', execMainStatus: 3, mainPid: 0 };
    expect(await look(get, 'short-lived.service')).toMatchObject(expected);
  });

  it('says failed of a job that failed', async () => {
    expect(await get().manager.restart('failing.service', OPTIONS)).toMatchObject({ kind: 'failed' });
    expect(await look(get, 'failing.service')).toMatchObject({ activeState: 'failed', execMainStatus: 4 });
  });

  it('says done of a oneshot, which is dead and well afterwards', async () => {
    expect(await get().manager.restart('work.service', OPTIONS)).toEqual({ kind: 'done' });
    const expected = { type: 'oneshot', activeState: 'inactive', subState: 'dead', result: 'success', mainPid: 0 };
    expect(await look(get, 'work.service')).toMatchObject(expected);
    expect((await look(get, 'work.service')).invocationId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('shows a dead unit that systemd has forgotten as one that was never started', async () => {
    expect(await get().manager.restart('forgotten.service', OPTIONS)).toEqual({ kind: 'done' });
    const expected = { activeState: 'inactive', result: 'success', invocationId: '', conditionHeld: true };
    expect(await look(get, 'forgotten.service')).toMatchObject(expected);
  });

  it('says done of a unit whose condition does not hold, and shows that', async () => {
    expect(await look(get, 'conditional.service')).toMatchObject({ conditionHeld: true });
    expect(await get().manager.restart('conditional.service', OPTIONS)).toEqual({ kind: 'done' });
    expect(await look(get, 'conditional.service')).toMatchObject({ activeState: 'inactive', conditionHeld: false });
  });

  it('shows that systemd itself is about to restart a unit, and how often it has', async () => {
    await get().manager.restart('looping.service', OPTIONS);
    await until(get, 'looping.service', ({ subState, nRestarts }) => subState === 'auto-restart' && nRestarts > 0);
    const expected = { activeState: 'activating', restartPolicy: 'always', mainPid: 0 };
    expect(await look(get, 'looping.service')).toMatchObject(expected);
  });
}

function refusing(get: () => UnitManagerUnderTest): void {
  it.each(['missing.service', 'masked.service', 'by-dependency.service', '--help', '*', 'x@.service', '../x', ''])(
    'says that restarting %j is impossible',
    async (name) => {
      expect(await get().manager.restart(name, OPTIONS)).toMatchObject({ kind: 'impossible' });
    },
  );

  it('says that the start limit is hit, until the unit is reset', async () => {
    const { manager } = get();
    expect(await manager.restart('limited.service', OPTIONS)).toEqual({ kind: 'done' });
    expect(await manager.restart('limited.service', OPTIONS)).toEqual({ kind: 'done' });
    expect(await manager.restart('limited.service', OPTIONS)).toMatchObject({ kind: 'start_limit' });
    expect(await look(get, 'limited.service')).toMatchObject({ activeState: 'failed', result: 'start-limit-hit' });
    expect(await manager.resetFailed('limited.service', OPTIONS)).toEqual({ kind: 'done' });
    expect(await look(get, 'limited.service')).toMatchObject({ activeState: 'inactive' });
    expect(await manager.restart('limited.service', OPTIONS)).toEqual({ kind: 'done' });
  });

  it('leaves a stop that an operator has begun alone', async () => {
    const { manager, operatorStops } = get();
    await operatorStops('slow-to-stop.service');
    await until(get, 'slow-to-stop.service', ({ activeState }) => activeState === 'deactivating');
    expect(await look(get, 'slow-to-stop.service')).toMatchObject({ hasJob: true });
    expect(await manager.restart('slow-to-stop.service', OPTIONS)).toMatchObject({ kind: 'conflict' });
    await until(get, 'slow-to-stop.service', ({ activeState }) => activeState === 'inactive');
    expect(await look(get, 'slow-to-stop.service')).toMatchObject({ hasJob: false, mainPid: 0 });
  });
}

function waiting(get: () => UnitManagerUnderTest): void {
  it('ends its waiting when the time is up, while the job goes on', async () => {
    const { manager } = get();
    const patience = { timeoutMs: 200, signal: OPTIONS.signal };
    const restarted = manager.restart('slow-to-start.service', patience);
    let result: unknown;
    void restarted.then((value) => (result = value));
    await get().until(async () => result !== undefined, 'the end of the waiting');
    expect(result).toEqual({ kind: 'timed_out' });
    expect(await look(get, 'slow-to-start.service')).toMatchObject({ activeState: 'activating', hasJob: true });
    await until(get, 'slow-to-start.service', ({ activeState }) => activeState === 'active');
  });

  it('does nothing when it is aborted beforehand', async () => {
    const aborted = { timeoutMs: 1000, signal: AbortSignal.abort() };
    const before = await look(get, 'steady.service');
    expect(await get().manager.restart('steady.service', aborted)).toEqual({ kind: 'aborted' });
    expect(await get().manager.resetFailed('steady.service', aborted)).toEqual({ kind: 'aborted' });
    expect(await get().manager.describe(['steady.service'], aborted)).toBe('no_answer');
    expect(await look(get, 'steady.service')).toEqual(before);
  });
}

async function look(get: () => UnitManagerUnderTest, name: string): Promise<UnitState> {
  const states = await get().manager.describe([name], OPTIONS);
  const state = typeof states === 'string' ? undefined : states.get(name);
  if (state === undefined) throw new Error(`no state of ${name}`);
  return state;
}

function until(get: () => UnitManagerUnderTest, name: string, holds: (state: UnitState) => boolean): Promise<void> {
  return get().until(async () => holds(await look(get, name)), `${name} to get there`);
}
