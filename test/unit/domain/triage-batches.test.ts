/** Triage of whole batches: hostile names, what shares one restart, the host's budget, and that no row is ever lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProcessMemory } from '../../../src/domain/process-memory.js';
import type { ProcessPolicy } from '../../../src/domain/process-policy.js';
import { targetKey, triage } from '../../../src/domain/triage.js';
import { policyOf, unitOf, type PolicyWish } from '../../support/policy.js';
import { codes, factsOf, NOW, orders, reasonFor, row, type World } from '../../support/triage-world.js';

const app = row(1, 'app');
const known: World = { policies: { app: {} } };

describe('hostile names', () => {
  const HOSTILE = [
    '*',
    '--help',
    '--host=127.0.0.1',
    '../x',
    'a b; touch /tmp/x',
    '',
    'x'.repeat(255),
    '😀',
    '*.service',
    '/home',
    'a\nb',
    '$(reboot)',
  ];

  it.each(HOSTILE)('%j is skipped as unusable, even where everything is handled', (name) => {
    expect(reasonFor(row(1, name), { handlesAll: true })).toMatchObject({ code: 'invalid_name' });
    expect(reasonFor(row(1, name), {})).toMatchObject({ code: 'invalid_name' });
  });

  it.each([
    'poweroff.target',
    'reboot.target',
    'ctrl-alt-del.target',
    'process-monitor',
    'dbus',
    'systemd-reboot.service',
    'sysinit.target',
    'poweroff',
  ])('%j is protected, even where everything is handled', (name) => {
    expect(reasonFor(row(1, name), { handlesAll: true })).toMatchObject({ code: 'protected' });
  });

  it('do not keep other rows from being handled', () => {
    const batch = [...HOSTILE.map((name, index) => row(index + 10, name)), row(9, null), app];
    expect(codes(triage(batch, factsOf({ handlesAll: true }))).filter((code) => code === 'restart')).toHaveLength(1);
  });
});

describe('one restart is enough', () => {
  it('for two rows of one process', () => {
    const [order, ...others] = orders(triage([app, app], factsOf(known)));
    expect(others).toEqual([]);
    expect(order).toMatchObject({ processIds: [1], lead: { processId: 1 } });
  });

  it('for one of two processes with one unit where the other is only to be told about', () => {
    const policies = { told: { systemName: 'app', dryRun: true }, app: {} };
    const verdicts = triage([row(1, 'told'), row(2, 'app')], factsOf({ policies }));
    expect([...codes(verdicts)].sort()).toEqual(['dry_run', 'restart']);
    expect(orders(verdicts)[0]).toMatchObject({ processIds: [2], lead: { processName: 'app' } });
  });

  it('for two processes with one unit, and both are reset', () => {
    const world = { policies: { app: {}, 'app-web': { systemName: 'app' } }, units: { app: unitOf('app.service') } };
    const [order, ...others] = orders(triage([app, row(2, 'app-web')], factsOf(world)));
    expect(others).toEqual([]);
    expect(order).toMatchObject({ processIds: [1, 2], lead: { processId: 1, processName: 'app' } });
  });

  it('for a unit and its alias', () => {
    const real = unitOf('mariadb.service', { names: ['mariadb.service', 'db.service'] });
    const policies = { mariadb: { allowProtected: true }, db: { allowProtected: true } };
    const made = orders(
      triage([row(1, 'mariadb'), row(2, 'db')], factsOf({ policies, units: { mariadb: real, db: real } })),
    );
    expect(made.map(({ target, processIds }) => [target, processIds])).toEqual([['unit:mariadb.service', [1, 2]]]);
  });

  it('but both wait where one of them must', () => {
    const world: World = {
      policies: { app: {}, twin: { systemName: 'app' } },
      memories: { 2: { breaker: { kind: 'open', untilMs: NOW + 1, openings: 1 } } },
    };
    expect(codes(triage([app, row(2, 'twin')], factsOf(world)))).toEqual(['breaker_open', 'breaker_open']);
  });

  it.each<[string, PolicyWish, PolicyWish]>([
    ['user', { user: 'a' }, { user: 'b' }],
    ['pid file', { pidFile: '/run/a.pid' }, { pidFile: '/run/b.pid' }],
    ['restart command', { restartCommand: 'a' }, { restartCommand: 'b' }],
  ])('but not for two programs of one name that the settings tell apart by %s', (_mark, one, other) => {
    const strategy = 'process';
    const policies = {
      app: { strategy, systemName: 'java', ...one },
      two: { strategy, systemName: 'java', ...other },
    } as const;
    expect(orders(triage([app, row(2, 'two')], factsOf({ policies })))).toHaveLength(2);
  });

  it('but never for a unit and a program that happen to have one name', () => {
    const units = new Map([['app', unitOf('app.service')]]);
    const keys = (['service', 'process'] as const).map((strategy) => targetKey(policyOf({ strategy }), units));
    expect(keys).toEqual(['unit:app.service', 'program:app']);
  });
});

it('what a batch starts is taken from the budget of the host at once', () => {
  const policies = { a: {}, b: {}, c: {} };
  const facts = { hostBudget: { restarts: 3, windowMs: 1000 }, hostRestarts: [NOW - 10] };
  const verdicts = triage([row(1, 'a'), row(2, 'b'), row(3, 'c')], factsOf({ policies, facts }));
  expect(codes(verdicts)).toEqual(['restart', 'restart', 'budget_used_up']);
});

describe('whatever the batch', () => {
  const names = fc.constantFrom('app', 'web', 'db', '*', 'sshd', 'off', '', 'unknown', null);
  const ids = fc.constantFrom(1, 2, 3, 4, 5, null);
  const batches = fc.array(fc.tuple(ids, names), { maxLength: 20 });
  const breakers = fc.constantFrom<ProcessMemory['breaker'][]>(
    { kind: 'closed', failures: 1 },
    { kind: 'open', untilMs: NOW + 1, openings: 1 },
    { kind: 'half_open', openings: 1 },
    { kind: 'isolated' },
  );
  const memories = fc.dictionary(
    fc.constantFrom('1', '2', '3', '4', '5'),
    fc.record({ breaker: breakers, handledMs: fc.constantFrom(null, 5) }),
  );
  const policies: Readonly<Record<string, Partial<ProcessPolicy>>> = {
    app: {},
    web: {},
    db: { systemName: policyOf().systemName },
    off: { enabled: false },
    sshd: {},
  };

  it('each row is in exactly one verdict, each target in one restart at most, and the same facts say the same', () => {
    fc.assert(
      fc.property(batches, memories, (pairs, some) => {
        const batch = pairs.map(([id, name]) => row(id, name));
        const facts = factsOf({ policies, memories: some });
        const verdicts = triage(batch, facts);
        const skipped = verdicts.flatMap((verdict) => (verdict.kind === 'skip' ? [verdict.row] : []));
        const started = orders(verdicts);
        for (const one of batch) {
          const inSkips = skipped.filter((other) => other === one).length;
          const policy = one.processName === null ? null : facts.policyFor(one.processName);
          const target = policy === null ? null : targetKey(policy, facts.units);
          const covering = started.filter(
            (order) => order.target === target && one.processId !== null && order.processIds.includes(one.processId),
          );
          expect(inSkips + (inSkips === 0 ? covering.length : 0)).toBe(1);
        }
        expect(skipped.length).toBe(new Set(skipped).size);
        expect(new Set(started.map(({ target }) => target)).size).toBe(started.length);
        expect(triage(batch, facts)).toEqual(verdicts);
      }),
      { numRuns: 500 },
    );
  });
});
