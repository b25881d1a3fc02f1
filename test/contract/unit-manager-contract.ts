/** What every unit manager promises, told on the units of `unit-manager-units.ts`. */
import { expect, it, onTestFinished } from 'vitest';
import type { UnitState } from '../../src/domain/unit-state.js';
import type { UnitChange, UnitManager } from '../../src/ports/unit-manager.js';

export interface UnitManagerUnderTest {
  readonly manager: UnitManager;
  /** Passes time until it holds; rejects when it never does. */
  readonly until: (condition: () => Promise<boolean>, what: string) => Promise<void>;
  /** Begins to stop the unit as an operator would, and does not wait: `slow-to-stop.service` takes seconds. */
  readonly operatorStops: (unit: string) => Promise<void>;
}

const OPTIONS = { timeoutMs: 20_000, signal: new AbortController().signal };

/**
 * Declares the tests; `get` is called in each of them. Each test has units of its own, so one world serves them all.
 * `tells`: whether this one can tell of changes.
 */
export function unitManagerContract(get: () => UnitManagerUnderTest, { tells }: { readonly tells: boolean }): void {
  describing(get);
  restarting(get);
  refusing(get);
  ending(get);
  waiting(get);
  if (tells) following(get);
  else followingInVain(get);
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

function ending(get: () => UnitManagerUnderTest): void {
  it('tells a program that was asked to end from one that did so by itself, though both have failed', async () => {
    const { manager, operatorStops } = get();
    await manager.restart('sulking.service', OPTIONS);
    expect(await look(get, 'sulking.service')).toMatchObject({ activeState: 'active', wasAskedToEnd: false });
    await operatorStops('sulking.service');
    await until(get, 'sulking.service', ({ activeState }) => activeState === 'failed');
    expect(await look(get, 'sulking.service')).toMatchObject({ execMainStatus: 143, wasAskedToEnd: true });
    await manager.restart('sulking.service', OPTIONS);
    expect(await look(get, 'sulking.service')).toMatchObject({ activeState: 'active', wasAskedToEnd: false });
    await manager.restart('short-lived.service', OPTIONS);
    await until(get, 'short-lived.service', ({ activeState }) => activeState === 'failed');
    expect(await look(get, 'short-lived.service')).toMatchObject({ wasAskedToEnd: false });
    await manager.restart('failing.service', OPTIONS);
    expect(await look(get, 'failing.service')).toMatchObject({ activeState: 'failed', wasAskedToEnd: false });
  });
}

/** Follows these until the test ends; the changes are in the order in which they were told. */
function followed(get: () => UnitManagerUnderTest, ...names: readonly string[]): UnitChange[] {
  const told: UnitChange[] = [];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  get().manager.follow(names, (change) => told.push(change), end.signal);
  return told;
}

function following(get: () => UnitManagerUnderTest): void {
  it('tells of a restart as the work of a job, under the name asked', async () => {
    const told = followed(get, 'alias.service');
    await get().manager.restart('canonical.service', OPTIONS);
    await get().until(async () => told.length > 0, 'the restart to be told');
    expect(get().manager.isHearing).toBe(true);
    expect(told.every(({ name }) => name === 'alias.service')).toBe(true);
    expect(told.some(({ byJob }) => byJob)).toBe(true);
  });

  it('tells of a program that ends by itself, no job being the cause', async () => {
    await get().manager.restart('short-lived.service', OPTIONS);
    const told = followed(get, 'short-lived.service');
    await until(get, 'short-lived.service', ({ activeState }) => activeState === 'failed');
    await get().until(async () => told.at(-1)?.byJob === false, 'the end to be told');
    expect(told.at(-1)).toEqual({ name: 'short-lived.service', byJob: false });
  });

  it('tells of the restarts that systemd makes by itself', async () => {
    await get().manager.restart('looping.service', OPTIONS);
    const told = followed(get, 'looping');
    await get().until(async () => told.length >= 4, 'two more rounds');
    expect(new Set(told.map(({ name }) => name))).toEqual(new Set(['looping']));
  });

  it("tells of an operator's stop as the work of a job", async () => {
    await get().manager.restart('sulking.service', OPTIONS);
    const told = followed(get, 'sulking.service');
    await get().operatorStops('sulking.service');
    await until(get, 'sulking.service', ({ activeState }) => activeState === 'failed');
    await get().until(async () => told.some(({ byJob }) => byJob), 'the stop to be told');
  });

  it('tells each of its followers, of its own units alone, and of none that cannot be', async () => {
    const one = followed(get, 'steady.service', 'canonical.service');
    const other = followed(get, 'missing.service', '*', '../x', 'steady', '', 't@.service');
    await get().manager.restart('steady.service', OPTIONS);
    await get().until(async () => one.length > 0 && other.length > 0, 'both to be told');
    expect(new Set([...one, ...other].map(({ name }) => name))).toEqual(new Set(['steady.service', 'steady']));
  });

  it('tells nothing to who has stopped listening', async () => {
    const end = new AbortController();
    const told: UnitChange[] = [];
    get().manager.follow(['steady.service'], (change) => told.push(change), end.signal);
    end.abort();
    get().manager.follow(['steady.service'], (change) => told.push(change), end.signal);
    const others = followed(get, 'steady.service');
    await get().manager.restart('steady.service', OPTIONS);
    await get().until(async () => others.length > 0, 'the other one to be told');
    expect(told).toEqual([]);
  });
}

function followingInVain(get: () => UnitManagerUnderTest): void {
  it('tells of nothing, and takes it well', async () => {
    const told = followed(get, 'steady.service', '*', '');
    await get().manager.restart('steady.service', OPTIONS);
    expect(told).toEqual([]);
    expect(get().manager.isHearing).toBe(false);
  });
}

function waiting(get: () => UnitManagerUnderTest): void {
  it('ends its waiting when the time is up, while the job goes on', async () => {
    const { manager } = get();
    const patience = { timeoutMs: 1500, signal: OPTIONS.signal };
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
