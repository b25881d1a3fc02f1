/** Nothing is done that is not recorded, and nobody acts who is not proved. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audited, type Act } from '../../../src/app/audited.js';
import { createControlHandler, type ControlDeps } from '../../../src/app/control-handler.js';
import { RefusalMeter } from '../../../src/app/refusal-meter.js';
import type { MonitorEvent } from '../../../src/domain/event.js';
import type { AuditEntry, AuditLog, AuditResult } from '../../../src/ports/audit-log.js';
import { CONTROL_COMMANDS, type ControlReply } from '../../../src/ports/control-handler.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeRandom } from '../../support/fake-random.js';

const ACT: Act = { asker: { uid: 0, user: 'root' }, from: 'socket', what: 'restart', target: 'web', why: 'it hangs' };
const { signal } = new AbortController();

/** Keeps its lines; the ones with these numbers, from 0, cannot be written. */
class MemoryAudit implements AuditLog {
  readonly entries: AuditEntry[] = [];
  readonly #failing: readonly number[];
  #asked = 0;

  constructor(failing: readonly number[] = []) {
    this.#failing = failing;
  }

  write(entry: AuditEntry): Promise<AuditResult> {
    if (this.#failing.includes(this.#asked++)) return Promise.resolve({ kind: 'failed', detail: 'disk full' });
    this.entries.push(entry);
    return Promise.resolve({ kind: 'written' });
  }
}

describe('an act', () => {
  it('is recorded before it is done and after it has ended, under one id', async () => {
    const audit = new MemoryAudit();
    const seen: number[] = [];
    const work = (): Promise<string> => {
      seen.push(audit.entries.length);
      return Promise.resolve('well');
    };
    const resultOf = (value: string) => ({ result: 'done', detail: value });
    expect(await audited({ audit, random: new FakeRandom() }, ACT, work, resultOf)).toMatchObject({ value: 'well' });
    expect(seen).toEqual([1]);
    const id = new FakeRandom().id();
    expect(audit.entries).toEqual([
      { ...ACT, id, phase: 'intent', result: null, detail: null },
      { ...ACT, id, phase: 'result', result: 'done', detail: 'well' },
    ]);
  });

  it('is not done where it cannot be recorded', async () => {
    const work = (): Promise<never> => Promise.reject(new Error('was done'));
    const deps = { audit: new MemoryAudit([0]), random: new FakeRandom() };
    expect(await audited(deps, ACT, work, () => ({ result: '', detail: null }))).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('disk full') as string,
    });
  });

  it('tells where only its result cannot be recorded', async () => {
    const deps = { audit: new MemoryAudit([1]), random: new FakeRandom() };
    const end = await audited(
      deps,
      ACT,
      () => Promise.resolve(1),
      () => ({ result: 'done', detail: null }),
    );
    expect(end).toEqual({ kind: 'done', value: 1, unwritten: 'disk full' });
  });

  it('that breaks is recorded as failed', async () => {
    const audit = new MemoryAudit();
    const work = (): Promise<never> => Promise.reject(new Error('broke'));
    const end = audited({ audit, random: new FakeRandom() }, ACT, work, () => ({ result: '', detail: null }));
    await expect(end).rejects.toThrow('broke');
    expect(audit.entries.at(-1)).toMatchObject({ phase: 'result', result: 'failed', detail: 'broke' });
  });
});

/** Everything that acts is missing: touching it is an error. */
function handlerWith(audit: AuditLog, reload: () => Promise<ControlReply> = () => Promise.reject(new Error('acted'))) {
  const events: MonitorEvent[] = [];
  const deps = {
    audit,
    reload,
    random: new FakeRandom(),
    clock: new FakeClock(),
    events: { emit: (event: MonitorEvent) => void events.push(event) },
    sight: { blindSinceMs: null },
    from: 'socket',
  } as unknown as ControlDeps;
  return { handler: createControlHandler(deps), events };
}

describe('a request', () => {
  it('without a proved asker does nothing, whatever it asks, and is recorded as refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CONTROL_COMMANDS), fc.string(), async (command, target) => {
        const audit = new MemoryAudit();
        const reply = await handlerWith(audit).handler.handle({ command, target }, null, signal);
        if (command === 'ping') expect(reply.ok).toBe(true);
        else {
          expect(reply.code).toBe('not_allowed');
          expect(audit.entries).toMatchObject([{ what: command, target, result: 'not_allowed', asker: null }]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is refused before anything is done where the audit log cannot be written', async () => {
    const { handler, events } = handlerWith(new MemoryAudit([0]));
    const reply = await handler.handle({ command: 'reload', target: '' }, { uid: 0, user: 'root' }, signal);
    expect(reply).toMatchObject({ ok: false, code: 'failed' });
    expect(reply.text).toContain('audit log cannot be written: disk full');
    expect(events).toContainEqual(expect.objectContaining({ type: 'audit.failed', lost: false }));
  });

  it('tells the asker and the log where its result could not be recorded', async () => {
    const done: ControlReply = { ok: true, code: 'done', text: 'nothing changed' };
    const { handler, events } = handlerWith(new MemoryAudit([1]), () => Promise.resolve(done));
    const reply = await handler.handle({ command: 'reload', target: '' }, { uid: 0, user: 'root' }, signal);
    expect(reply).toMatchObject({ ok: true, text: 'nothing changed; this result is not in the audit log: disk full' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'audit.failed', lost: true }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'request.served', by: 'root (0)' }));
  });
});

describe('refusals', () => {
  it('beyond 30 a minute are counted, and the next one that is recorded says how many', () => {
    const meter = new RefusalMeter(new FakeClock());
    const first = Array.from({ length: 33 }, () => meter.take());
    expect(first.filter(({ isRecorded }) => isRecorded)).toHaveLength(30);
    expect(first[29]).toMatchObject({ note: expect.stringContaining('only counted') as string });
  });

  it('are told again after the minute', async () => {
    const clock = new FakeClock();
    const meter = new RefusalMeter(clock);
    for (let count = 0; count < 35; count += 1) meter.take();
    await clock.advance(60_000);
    expect(meter.take()).toEqual({ isRecorded: true, note: ' (5 more were refused before)' });
    expect(meter.take()).toEqual({ isRecorded: true, note: '' });
  });
});
