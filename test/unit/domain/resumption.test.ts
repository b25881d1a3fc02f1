/** What a handling that a dead monitor left behind has done: told from its last step and the marks before and now. */
import { describe, expect, it } from 'vitest';
import type { Evidence, Handling, HandlingStep } from '../../../src/domain/process-memory.js';
import type { Seen } from '../../../src/domain/restart-plan.js';
import { checkFor, findingOf, type Finding } from '../../../src/domain/resumption.js';
import type { RunningProcess } from '../../../src/domain/unit-state.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeProcessTable } from '../../support/fake-process-table.js';
import { notFoundState } from '../../../src/adapters/systemd/unit-properties.js';
import { unitOf } from '../../support/policy.js';

const table = new FakeProcessTable(new FakeClock());
const [old, fresh] = [table.add({ argv: ['app'] }), table.add({ argv: ['app'] })];
const unit = unitOf('app.service');
const newUnit = { ...unit, invocationId: 'b'.repeat(32) };
const noUnit = notFoundState('app.service');

const seen = (wish: { unit?: Seen['unit']; roots?: readonly RunningProcess[] }): Seen => ({
  nowMs: 0,
  unit: wish.unit ?? null,
  isUnitUnknown: false,
  programs: { roots: wish.roots ?? [], rejected: [] },
  owningUnit: null,
  ownUnit: null,
  startObstacle: null,
  workingDirectory: null,
});
const beforeUnit: Evidence = { unit: { id: unit.id, invocationId: unit.invocationId }, processes: [] };
const beforeProgram: Evidence = { unit: null, processes: [old.identity] };
const nothing: Evidence = { unit: null, processes: [] };

describe('a handling that was left behind', () => {
  it.each<[string, HandlingStep, Evidence, Seen, Finding]>([
    ['had not begun before its first step', null, beforeUnit, seen({ unit: newUnit }), 'not_begun'],
    ['had not begun before its first command', 'pre_restart', beforeUnit, seen({ unit }), 'not_begun'],
    ['had not begun what it stopped a program for', 'stop', beforeProgram, seen({}), 'not_begun'],
    ['had not begun when its unit is as it was', 'unit', beforeUnit, seen({ unit }), 'not_begun'],
    ['has restarted its unit when that was started anew', 'unit', beforeUnit, seen({ unit: newUnit }), 'restarted'],
    [
      'is unsure while a job for its unit runs',
      'unit',
      beforeUnit,
      seen({ unit: { ...newUnit, hasJob: true } }),
      'unsure',
    ],
    ['is unsure when systemd does not answer', 'unit', beforeUnit, seen({}), 'unsure'],
    ['is unsure when its command changed nothing', 'command', beforeUnit, seen({ unit }), 'unsure'],
    [
      'has restarted when its command started the unit anew',
      'command',
      beforeUnit,
      seen({ unit: newUnit }),
      'restarted',
    ],
    [
      'has restarted when its command started a program',
      'command',
      beforeProgram,
      seen({ roots: [fresh] }),
      'restarted',
    ],
    ['is unsure when its command left no trace', 'command', nothing, seen({}), 'unsure'],
    [
      'is unsure when its command left no trace and there is no such unit',
      'command',
      nothing,
      seen({ unit: noUnit }),
      'unsure',
    ],
    ['has restarted when a new program runs', 'start', beforeProgram, seen({ roots: [fresh] }), 'restarted'],
    ['has restarted when a program runs where none did', 'start', nothing, seen({ roots: [fresh] }), 'restarted'],
    ['is unsure when no new program runs', 'start', beforeProgram, seen({ roots: [old] }), 'unsure'],
    ['is unsure when none runs', 'start', beforeProgram, seen({}), 'unsure'],
  ])('%s', (...[, step, before, now, finding]) => {
    const open = { stepEnded: null, askedBy: null, before, claim: null };
    const handling: Handling = { alarmId: 'a', startedMs: 0, deadlineMs: 1, attempt: 1, step, ...open };
    expect(findingOf(handling, now)).toBe(finding);
  });
});

describe('what is looked at', () => {
  it.each([
    ['the unit where there is one', seen({ unit, roots: [old] }), { kind: 'unit', unit: 'app.service' }],
    ['the program where there is no such unit', seen({ unit: noUnit, roots: [old] }), { kind: 'program' }],
    ['the program where there is no systemd', seen({ roots: [old] }), { kind: 'program' }],
    ['nothing of its own where neither is there', seen({ unit: noUnit }), { kind: 'none' }],
  ])('is %s', (_what, now, check) => {
    expect(checkFor(now)).toEqual(check);
  });
});
