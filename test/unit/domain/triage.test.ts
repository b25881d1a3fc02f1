/** Triage of single rows: every reason to leave one alone, and the order of the reasons. */
import { describe, expect, it } from 'vitest';
import type { AlarmRow } from '../../../src/domain/alarm.js';
import { NO_EVIDENCE, type ProcessMemory } from '../../../src/domain/process-memory.js';
import { triage, type TriageFacts } from '../../../src/domain/triage.js';
import type { SkipReason } from '../../../src/domain/verdict.js';
import { idOf, unitOf } from '../../support/policy.js';
import { factsOf, NOW, orders, reasonFor, row, type World } from '../../support/triage-world.js';

const inFlight = {
  alarmId: 'a',
  startedMs: 0,
  deadlineMs: NOW,
  attempt: 1,
  step: null,
  stepEnded: null,
  askedBy: null,
  before: NO_EVIDENCE,
  claim: null,
};
const owed = { kind: 'clear', stamp: 's', sinceMs: 0, alarmId: 'a', claim: null } as const;
const app = row(1, 'app');
const known: World = { policies: { app: {} } };
const withMemory = (memory: Partial<ProcessMemory>): World => ({ ...known, memories: { 1: memory } });
const withFacts = (facts: Partial<TriageFacts>): World => ({ ...known, facts });

describe('a row is left alone', () => {
  it.each<[string, AlarmRow, World, Partial<SkipReason>]>([
    ['without a usable id', row(null, 'app'), known, { code: 'invalid_name' }],
    ['without a process', row(1, null), known, { code: 'orphan' }],
    ['without a section', row(1, 'other'), known, { code: 'unlisted' }],
    ['without a section and with an unusable name', row(1, 'a b; touch /tmp/x'), known, { code: 'invalid_name' }],
    ['when disabled', app, { policies: { app: { enabled: false } } }, { code: 'disabled' }],
    ['when protected by its name', app, { policies: { app: { systemName: 'sshd' } } }, { code: 'protected' }],
    [
      'when its unit has a protected alias',
      app,
      { ...known, units: { app: unitOf('app.service', { names: ['app.service', 'dbus.service'] }) } },
      { code: 'protected' },
    ],
    [
      'when its name is an alias of the monitor',
      app,
      { policies: { app: { allowProtected: true } }, units: { app: unitOf('process-monitor.service') } },
      { code: 'protected' },
    ],
    ['while its write-back is owed', app, withMemory({ owed }), { code: 'owes_write_back' }],
    [
      'when it was being handled as it was read',
      app,
      withFacts({ unsettledAtRead: new Set([idOf(1)]) }),
      { code: 'in_progress' },
    ],
    ['when the source has yet to clear it', app, withMemory({ handledMs: 5 }), { code: 'recently_recovered' }],
    [
      'while its target is being handled',
      app,
      withFacts({ targets: new Map([['program:app', 'running']]) }),
      { code: 'in_progress' },
    ],
    ['while it is being handled', app, withMemory({ inFlight }), { code: 'in_progress' }],
    [
      'while its target waits for a slot',
      app,
      withFacts({ targets: new Map([['program:app', 'queued']]) }),
      { code: 'waits_for_slot' },
    ],
    ['while a person holds its breaker', app, withMemory({ breaker: { kind: 'isolated' } }), { code: 'isolated' }],
    [
      'while its breaker is open',
      app,
      withMemory({ breaker: { kind: 'open', untilMs: NOW + 5000, openings: 1 } }),
      { code: 'breaker_open', retryInMs: 5000 },
    ],
    [
      'while rights or configuration forbid it',
      app,
      withMemory({ refusal: { untilMs: NOW + 7000, detail: 'polkit' } }),
      { code: 'refused', detail: 'polkit', retryInMs: 7000 },
    ],
    [
      'when its budget is used up',
      app,
      { policies: { app: { budget: { restarts: 1, windowMs: 1000 } } }, memories: { 1: { restarts: [NOW - 400] } } },
      { code: 'budget_used_up', scope: 'process', retryInMs: 600 },
    ],
    [
      'when the budget of the host is used up',
      app,
      withFacts({ hostBudget: { restarts: 1, windowMs: 1000 }, hostRestarts: [NOW - 100] }),
      { code: 'budget_used_up', scope: 'host', retryInMs: 900 },
    ],
    ['while the whole batch is held', app, withFacts({ hold: { code: 'just_sighted' } }), { code: 'just_sighted' }],
    ['in a dry run', app, withFacts({ isDryRun: true }), { code: 'dry_run', would: 'restart unit app by systemd' }],
    [
      'in a dry run where its unit is masked',
      app,
      withFacts({ isDryRun: true, units: new Map([['app', unitOf('app.service', { loadState: 'masked' })]]) }),
      { code: 'cannot_act', detail: 'unit app.service is masked' },
    ],
    ['in a dry run of its own', app, { policies: { app: { dryRun: true } } }, { code: 'dry_run' }],
  ])('%s', (_sentence, one, world, reason) => {
    expect(reasonFor(one, world)).toMatchObject(reason);
  });
});

describe('a row is handled', () => {
  it.each<[string, World]>([
    ['when nothing speaks against it', known],
    ['when a section of its own stands for an unusable name', { policies: { app: { systemName: 'real' } } }],
    ['when protected and lifted by the operator', { policies: { app: { systemName: 'sshd', allowProtected: true } } }],
    ['when its hold is over', withMemory({ refusal: { untilMs: NOW, detail: 'x' } })],
    ['when its breaker’s time is over', withMemory({ breaker: { kind: 'open', untilMs: NOW, openings: 1 } })],
    ['when it failed less often than allowed', withMemory({ breaker: { kind: 'closed', failures: 2 } })],
    ['while it is watched', withMemory({ watch: { untilMs: NOW + 1, alarmId: 'a', after: NO_EVIDENCE } })],
    [
      'without systemd, where its strategy needs none',
      { policies: { app: { strategy: 'process' } }, facts: { units: null } },
    ],
    [
      'while systemd does not answer, where its strategy needs none',
      { policies: { app: { strategy: 'process' } }, facts: { units: 'no_answer' } },
    ],
  ])('%s', (_sentence, world) => {
    expect(reasonFor(app, world)).toBe('restart');
  });

  it.each<[string, ProcessMemory['breaker'], boolean]>([
    ['as a trial when its breaker is half-open', { kind: 'half_open', openings: 1 }, true],
    ['as a trial when its breaker’s time is just over', { kind: 'open', untilMs: NOW, openings: 1 }, true],
    ['in full when its breaker is closed', { kind: 'closed', failures: 2 }, false],
  ])('%s', (_sentence, breaker, isTrial) => {
    const [order] = orders(triage([app], factsOf(withMemory({ breaker }))));
    expect(order?.isTrial).toBe(isTrial);
  });

  it('with the state of its unit as it was just seen', () => {
    const unit = unitOf('app.service');
    const [order] = orders(triage([app], factsOf({ ...known, units: { app: unit } })));
    expect(order).toMatchObject({ target: 'unit:app.service', unit: { state: unit, atMs: NOW } });
  });
});

describe('of several reasons', () => {
  /** From the first that is told to the last. */
  const ranked: readonly (readonly [SkipReason['code'], World])[] = [
    ['disabled', { policies: { app: { enabled: false } } }],
    ['protected', { policies: { app: { systemName: 'sshd' } } }],
    ['owes_write_back', { memories: { 1: { owed } } }],
    ['in_progress', { facts: { unsettledAtRead: new Set([idOf(1)]) } }],
    ['recently_recovered', { memories: { 1: { handledMs: 1 } } }],
    ['waits_for_slot', { facts: { targets: new Map([['program:app', 'queued']]) } }],
    ['isolated', { memories: { 1: { breaker: { kind: 'isolated' } } } }],
    ['refused', { memories: { 1: { refusal: { untilMs: NOW + 1, detail: 'x' } } } }],
    ['budget_used_up', { facts: { hostBudget: { restarts: 1, windowMs: 1000 }, hostRestarts: [NOW] } }],
    ['odd_time', { facts: { hold: { code: 'odd_time' } } }],
    ['dry_run', { facts: { isDryRun: true } }],
  ];
  const both = (one: World, other: World): World => ({
    policies: { app: { ...one.policies?.['app'], ...other.policies?.['app'] } },
    memories: { 1: { ...one.memories?.[1], ...other.memories?.[1] } },
    facts: { ...one.facts, ...other.facts },
  });
  const pairs = ranked
    .slice(1)
    .map(([code, world], index) => [ranked[index]?.[0], code, both(ranked[index]?.[1] ?? {}, world)] as const);

  it.each(pairs)('%s is told before %s', (first, _second, world) => {
    // The target’s key is the name of what is really restarted.
    const targets = new Map([...(world.facts?.targets ?? [])]);
    expect(reasonFor(app, { ...world, facts: { ...world.facts, targets } })).toMatchObject({ code: first });
  });
});
