/** The state file cut, flipped, newer or somebody else's: set aside whole, never dropped, never read in part. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseState, stateText } from '../../../src/adapters/state/parse-state.js';
import { FileStateStore } from '../../../src/adapters/state/file-state-store.js';
import type { StoredState } from '../../../src/domain/stored-state.js';
import { Ledger } from '../../../src/engine/ledger.js';
import { sampleState } from '../../contract/state-sample.js';
import { FakeClock } from '../../support/fake-clock.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property-runs.js';
import { RecordingSink } from '../../support/recording-sink.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const good = Buffer.from(stateText(sampleState()));

function signed(content: unknown): Buffer {
  const body = JSON.stringify(content);
  return Buffer.from(`{"sha256":"${createHash('sha256').update(body).digest('hex')}","state":${body}}\n`);
}

const flipped = fc.tuple(fc.nat(good.length - 1), fc.nat(7)).map(([position, bit]) => {
  const bytes = Buffer.from(good);
  bytes.writeUInt8(bytes.readUInt8(position) ^ (1 << bit), position);
  return bytes;
});
const foreign = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc.json().map((text) => signed(JSON.parse(text))),
  fc.integer({ min: 2, max: 1e9 }).map((version) => signed({ ...sampleState(), version, later: 1 })),
  fc.constantFrom('{"__proto__":{"version":1}}', '[]', 'null', '['.repeat(10_000)).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);
const damaged = fc.oneof(
  fc.nat(good.length - 1).map((length) => good.subarray(0, length)),
  flipped,
  foreign,
);

describe('a damaged state file', () => {
  it('cut at any byte whatever is told as damaged', () => {
    for (let length = 0; length < good.length; length += 1)
      expect(parseState(good.subarray(0, length).toString('utf8')).ok).toBe(false);
  });

  it(
    'is kept beside, byte for byte, and the monitor begins without any part of it',
    async () => {
      await fc.assert(
        fc.asyncProperty(damaged, async (bytes) => {
          const directory = await temporaryDirectory();
          const store = new FileStateStore({ directory, clock: new FakeClock(), access: 'owner' });
          await writeFile(join(directory, 'state.json'), bytes);
          const loaded = await store.load();
          expect(loaded.kind).toBe('damaged');
          const [name = '', ...rest] = await readdir(directory);
          expect(rest).toEqual([]);
          expect(loaded).toMatchObject({ movedTo: join(directory, name) });
          expect((await readFile(join(directory, name))).equals(bytes)).toBe(true);
          expect(await store.load()).toEqual({ kind: 'none' });
        }),
        runs(40),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

const time = fc.oneof(
  fc.integer({ min: -1e9, max: 1e9 }).map((offset) => Date.UTC(2026, 0, 1) + offset),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', '', '\u0000', 'a\nb'));
const evidence = fc.record({
  unit: fc.option(fc.record({ id: text, invocationId: text })),
  processes: fc.array(fc.record({ pid: fc.nat(), startTicks: fc.nat(), bootId: text }), { maxLength: 2 }),
});
const breaker = fc.oneof(
  fc.record({ kind: fc.constant('closed' as const), failures: fc.nat() }),
  fc.record({ kind: fc.constant('open' as const), untilMs: time, openings: fc.nat() }),
  fc.record({ kind: fc.constant('half_open' as const), openings: fc.nat() }),
  fc.record({ kind: fc.constant('isolated' as const) }),
);
const storedProcess = fc.record({
  processName: text,
  breaker,
  restartsAtMs: fc.array(time, { maxLength: 5 }),
  inFlight: fc.option(
    fc.record({
      ...{
        alarmId: text,
        startedAtMs: time,
        deadlineAtMs: time,
        attempt: fc.nat(),
        before: evidence,
        claim: fc.option(text),
        stepEnded: fc.option(fc.constant('well' as const)),
        askedBy: fc.option(fc.constant('person' as const)),
      },
      step: fc.constantFrom(
        'pre_restart' as const,
        'command' as const,
        'unit' as const,
        'stop' as const,
        'start' as const,
        null,
      ),
    }),
  ),
  owed: fc.option(
    fc.record({
      kind: fc.constantFrom('clear' as const, 'raise' as const),
      stamp: text,
      sinceMs: time,
      alarmId: text,
      claim: fc.option(text),
    }),
  ),
  watch: fc.option(fc.record({ untilMs: time, alarmId: text, after: evidence })),
  handledAtMs: fc.option(time),
  refusal: fc.option(fc.record({ untilMs: time, detail: text })),
});
const key = fc.oneof(fc.nat().map(String), fc.constantFrom('7:1', '__proto__', '-1', '', 'x', '9'.repeat(30)), text);
const anyState: fc.Arbitrary<StoredState> = fc.record({
  version: fc.constant(1 as const),
  savedAtMs: time,
  processes: fc.dictionary(key, storedProcess, { maxKeys: 5, noNullPrototype: true }),
  hostRestartsAtMs: fc.array(time, { maxLength: 5 }),
});

const WEEK_MS = 7 * 24 * 3600 * 1000;

describe('a state file with odd values and a right sum', () => {
  it(
    'comes back as it was written, and gives a memory in which no wait is longer than a week',
    () => {
      fc.assert(
        fc.property(anyState, (state) => {
          const written = stateText(state);
          expect(parseState(written)).toEqual({ ok: true, state: JSON.parse(JSON.stringify(state)) as unknown });
          const clock = new FakeClock();
          const saved: string[] = [];
          const ledger = new Ledger({
            ...{ clock, events: new RecordingSink(), hostId: null, hostBudget: { restarts: 3, windowMs: 3600_000 } },
            save: (view) => {
              saved.push(stateText(view.whole()));
              return Promise.resolve({ kind: 'saved' });
            },
          });
          ledger.restore(state);
          const now = clock.monotonicMs();
          for (const [id, memory] of ledger.entries()) {
            expect(Number.isSafeInteger(id)).toBe(true);
            const waits = [
              memory.breaker.kind === 'open' ? memory.breaker.untilMs : now,
              memory.watch?.untilMs ?? now,
              memory.refusal?.untilMs ?? now,
            ];
            for (const untilMs of [...waits, memory.inFlight?.deadlineMs ?? now])
              expect(untilMs - now).toBeLessThanOrEqual(WEEK_MS);
            for (const atMs of [...memory.restarts, memory.owed?.sinceMs ?? now, memory.inFlight?.startedMs ?? now])
              expect(atMs).toBeLessThanOrEqual(now);
          }
          void ledger.save();
          expect(saved.map((each) => parseState(each).ok)).toEqual([true]);
        }),
        runs(200),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
