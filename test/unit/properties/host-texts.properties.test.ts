/** What Linux and systemd print, in every shape that it can have or that damage can give it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unitOfCgroup } from '../../../src/adapters/exec/proc-cgroup.js';
import { parseStat } from '../../../src/adapters/exec/proc-stat.js';
import { parseArgv, parseStatus } from '../../../src/adapters/exec/proc-status.js';
import { parseShow } from '../../../src/adapters/systemd/systemctl-show.js';
import { SHOWN_PROPERTIES } from '../../../src/adapters/systemd/unit-properties.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property-runs.js';

const number = fc.nat(4_194_304);
const scraps = fc.constantFrom(
  ...[
    ') R 1 1 (',
    '(',
    ')',
    ' ',
    '\n',
    '\0',
    '\t',
    '1',
    '-1',
    '0x10',
    '1e9',
    'S',
    'Z',
    '18446744073709551615',
    'Uid:\t',
  ],
  ...[
    'NSpid:\t',
    '0::/',
    'a.service',
    'b.scope',
    'Id=',
    'Names=',
    '=',
    '\n\n',
    'MainPID=',
    '\r',
    'é🙂\ufffd',
    '9'.repeat(400),
  ],
  ...['1:name=systemd:/', 'ActiveState=active', ':', '/', 'Job=7'],
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(scraps, { maxLength: 50 }).map((parts) => parts.join('')),
);
const comm = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 15 }),
  fc.array(scraps, { maxLength: 3 }).map((parts) => parts.join('')),
);

describe('/proc/PID/stat', () => {
  const fields = fc.record({
    pid: number,
    comm,
    state: fc.constantFrom('R', 'S', 'Z', 'x'),
    tail: fc.array(number, { minLength: 19, maxLength: 49 }),
  });

  it(
    'is read field by field, whatever the program calls itself',
    () => {
      fc.assert(
        fc.property(fields, ({ pid, comm: name, state, tail }) => {
          const [parentPid, processGroup, session] = tail;
          expect(parseStat(`${pid} (${name}) ${state} ${tail.join(' ')}\n`)).toMatchObject({
            ...{ pid, comm: name, state, parentPid, processGroup, session, threads: tail[16], startTicks: tail[18] },
          });
        }),
        runs(300),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'cut off or replaced by any text it is no such line, or says what stands there in digits',
    () => {
      const cut = fc
        .tuple(fields, fc.nat(200))
        .map(([{ pid, comm: name, state, tail }, length]) =>
          `${pid} (${name}) ${state} ${tail.join(' ')}`.slice(0, length),
        );
      fc.assert(
        fc.property(fc.oneof(cut, anyText), (text) => {
          const stat = parseStat(text);
          if (stat === null) return;
          const { comm: name, state, isKernelThread, ...numbers } = stat;
          const words = text.split(/[ \n]/);
          for (const each of Object.values(numbers)) expect(words.map(Number)).toContain(each);
          expect(text).toContain(`(${name})`);
          expect([state.length, typeof isKernelThread]).toEqual([1, 'boolean']);
        }),
        runs(300),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it.each([
    '1 (a) S',
    `1 (a) S${' '.repeat(30)}`,
    `1 (a) S ${'1 '.repeat(18)}`,
    `1 (a) S ${'0x1 '.repeat(30)}`,
    '(a) S 1',
    '',
  ])('is none: %j', (text) => {
    expect(parseStat(text)).toBe(null);
  });
});

describe('/proc/PID/status, cmdline and cgroup', () => {
  it(
    'never throw; whose a program is, is a number from the text, or nothing is known of the program',
    () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const status = parseStatus(text);
          if (status !== null) expect(text).toContain(`\t${status.uid}`);
          expect(parseArgv(text).join('\0')).toBe(text.replace(/\0+$/, ''));
          const unit = unitOfCgroup(text);
          if (unit !== null) expect(text).toContain(unit);
          expect(unit ?? 'none.service').toMatch(/\.(?:service|scope)$/);
          expect(unit ?? '').not.toMatch(/[/\n]/);
        }),
        runs(500),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'give back the arguments and the user that were put in',
    () => {
      const words = fc.array(
        fc.string({ minLength: 1 }).filter((word) => !word.includes('\0')),
        { minLength: 1, maxLength: 8 },
      );
      fc.assert(
        fc.property(
          words,
          number,
          number,
          fc.array(number, { minLength: 1, maxLength: 3 }),
          (argv, real, uid, pids) => {
            expect(parseArgv(argv.map((word) => `${word}\0`).join(''))).toEqual(argv);
            const text = `Name:\tUid:\\n\nUid:\t${real}\t${uid}\t1\t1\nGid:\t0\t0\t0\t0\nNSpid:\t${pids.join('\t')}\n`;
            expect(parseStatus(text)).toEqual({ uid, isContained: pids.length > 1 });
          },
        ),
        runs(200),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

describe('systemctl show', () => {
  const value = fc.oneof(
    fc.constantFrom('yes', 'no', '0', '7', 'active', '', 'a=b', '18446744073709551615', '-1', '9'.repeat(400)),
    fc.stringMatching(/^[ -~]{0,20}$/),
  );
  const blocks = fc.array(
    fc
      .tuple(
        fc.shuffledSubarray(SHOWN_PROPERTIES.filter((name) => name !== 'Id')),
        fc.array(value, { minLength: 20, maxLength: 20 }),
        fc.stringMatching(/^[a-z@.\\-]{1,20}$/),
      )
      .map(([names, values, id]) => ({
        id,
        properties: new Map(names.map((name, index) => [name, values[index] ?? ''])),
      })),
    { minLength: 1, maxLength: 4 },
  );

  it(
    'is read in any order, with any property left out; no number is anything but one',
    () => {
      fc.assert(
        fc.property(blocks, (units) => {
          const output = units
            .map(({ id, properties }) =>
              [`Id=${id}`, ...[...properties].map(([name, text]) => `${name}=${text}`)].join('\n'),
            )
            .join('\n\n');
          const states = parseShow(output);
          expect(states.map(({ id }) => id)).toEqual(units.map(({ id }) => id));
          states.forEach((state, index) => {
            const said = (name: string): string =>
              (units[index]?.properties as ReadonlyMap<string, string> | undefined)?.get(name) ?? '';
            expect([state.activeState, state.result, state.invocationId]).toEqual([
              said('ActiveState'),
              said('Result'),
              said('InvocationID'),
            ]);
            expect(state.mainPid).toBe(/^\d{1,20}$/.test(said('MainPID')) ? Number(said('MainPID')) : 0);
            expect(state.names).toEqual(said('Names').split(' ').filter(Boolean));
            expect(state.hasJob).toBe(/^[0 ]*[1-9]/.test(said('Job')) && /^\d{1,20}$/.test(said('Job')));
          });
        }),
        runs(200),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'as any text never throws, and gives finite numbers and units that are named',
    () => {
      fc.assert(
        fc.property(anyText, (text) => {
          for (const state of parseShow(text)) {
            for (const each of [state.mainPid, state.nRestarts, state.execMainStatus, state.activeEnterMs])
              expect(Number.isFinite(each)).toBe(true);
            expect(text).toContain(`Id=${state.id}`);
          }
        }),
        runs(500),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
