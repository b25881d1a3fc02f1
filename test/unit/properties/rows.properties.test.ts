/** Rows of strangers on their way in: read from a server, judged, filled into commands. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MysqlAlarmSource } from '../../../src/adapters/mysql/alarm-source.js';
import type { MysqlGateway } from '../../../src/adapters/mysql/gateway.js';
import { toUnitName } from '../../../src/adapters/systemd/unit-name.js';
import { toSystemName, type AlarmRow } from '../../../src/domain/alarm.js';
import { fillCommand } from '../../../src/domain/command-template.js';
import { triage } from '../../../src/domain/triage.js';
import { HARMLESS_LOOKING, HOSTILE_NAMES, hostileName, mayBeUnit } from '../../support/hostile-names.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property-runs.js';
import { codes, factsOf, orders, row } from '../../support/triage-world.js';

const anyRow: fc.Arbitrary<AlarmRow> = fc
  .tuple(fc.option(fc.maxSafeInteger()), fc.option(hostileName), fc.option(hostileName))
  .map(([id, name, notes]) => ({ ...row(id, name), notes }));

describe('where every process is handled', () => {
  it.each(HOSTILE_NAMES.filter((name) => !HARMLESS_LOOKING.has(name)))('%j is left alone', (name) => {
    expect(codes(triage([row(1, name)], factsOf({ handlesAll: true })))).toEqual([
      toSystemName(name) === null ? 'invalid_name' : 'protected',
    ]);
  });

  it(
    'each row of any batch is in exactly one verdict, and only what may be a unit is restarted, as the one named',
    () => {
      fc.assert(
        fc.property(fc.array(anyRow, { maxLength: 20 }), (batch) => {
          const verdicts = triage(batch, factsOf({ handlesAll: true }));
          const skipped = verdicts.flatMap((verdict) => (verdict.kind === 'skip' ? [verdict.row] : []));
          expect(new Set(skipped).size).toBe(skipped.length);
          for (const { policy, processIds, names } of orders(verdicts)) {
            expect(mayBeUnit(policy.systemName)).toBe(true);
            expect(toUnitName(policy.systemName)).toBe(
              policy.systemName.endsWith('.service') ? policy.systemName : `${policy.systemName}.service`,
            );
            for (const id of processIds)
              expect(
                batch.some(({ processId, processName }) => processId === id && processName === names.get(id)),
              ).toBe(true);
          }
          const restarted = orders(verdicts).flatMap(({ processIds }) => processIds);
          for (const one of batch)
            expect(
              skipped.includes(one) !== restarted.some((id) => id === one.processId && !skipped.includes(one)),
            ).toBe(true);
        }),
        runs(300),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

describe('a row as a server may send it', () => {
  const cell = fc.oneof(
    fc.constantFrom(
      null,
      undefined,
      true,
      Number.NaN,
      Infinity,
      1.5,
      -0,
      '1e3',
      '0x10',
      ' 1',
      '9007199254740993',
      new Date(0),
      {},
      [],
    ),
    hostileName,
    fc.bigInt(),
    fc.integer(),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.maxSafeInteger().map(String),
  );

  it(
    'becomes an id that stands there in digits or none, and texts or none; nothing is thrown',
    async () => {
      const cells = fc.array(fc.record({ processId: cell, processName: cell, notes: cell }), {
        minLength: 1,
        maxLength: 5,
      });
      await fc.assert(
        fc.asyncProperty(cells, async (rows) => {
          const connection = { rows: () => Promise.resolve(rows) };
          const use = (_: AbortSignal, act: (one: unknown, other: unknown) => unknown): unknown =>
            act(connection, { scope: { hostId: null, columns: new Set() } });
          const source = new MysqlAlarmSource({ use } as unknown as MysqlGateway);
          const read = await source.namesOf([row(1, 'x').processId!], new AbortController().signal);
          read.forEach(({ processId, processName }, index) => {
            const given = rows[index];
            if (processId !== null)
              expect(String(processId)).toBe(
                typeof given?.processId === 'string' ? String(BigInt(given.processId)) : null,
              );
            if (typeof given?.processName === 'string') expect(processName).toBe(given.processName);
            expect(processName === null || typeof processName === 'string').toBe(true);
          });
        }),
        runs(200),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

type Piece = readonly [quote: '' | "'" | '"', before: string, placeholder: '%s' | '%d' | '', after: string];

const plain = fc.stringMatching(/^[a-z0-9=:,./+-]{0,4}$/);
const piece: fc.Arbitrary<Piece> = fc.tuple(
  fc.constantFrom('' as const, "'" as const, '"' as const),
  plain,
  fc.constantFrom('%s' as const, '%d' as const, '' as const),
  plain,
);
const words = fc.array(fc.array(piece, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
const systemName = fc.constantFrom('my.app', 'a@b', 'x\\x20y', '123');
const directory = fc.oneof(
  hostileName.map((text) => `/${text}`),
  fc.string({ unit: fc.constantFrom(...Array.from('\'"\\$`;&|<>(){}[]*?~#!%sd= -ab/é😀')), maxLength: 12 }),
);

describe('a value in a configured command', () => {
  it(
    'is one word exactly as it is, at every place and in every quotes, or the command is refused',
    () => {
      fc.assert(
        fc.property(words, systemName, directory, (line, name, workingDirectory) => {
          const written = line.map((pieces) =>
            pieces.map(([quote, before, what, after]) => `${quote}${before}${what}${after}${quote}`).join(''),
          );
          const filled = fillCommand(
            `printf '%%s\\0' ${written.map((word) => (word === '' ? "''" : word)).join(' ')}`,
            { systemName: name, workingDirectory },
          );
          if (!filled.ok) {
            expect(workingDirectory).toMatch(/\p{Cc}/u);
            return;
          }
          const values = { '%s': name, '%d': workingDirectory, '': '' };
          const expected = line.map((pieces) =>
            pieces.map(([, before, what, after]) => before + values[what] + after).join(''),
          );
          const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', filled.line], { encoding: 'utf8' });
          expect({ stdout, stderr, status }).toEqual({
            stdout: expected.map((word) => `${word}\0`).join(''),
            stderr: '',
            status: 0,
          });
        }),
        runs(200),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
