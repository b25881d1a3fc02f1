/** The example file broken in hundreds of ways: each is refused at its line; written otherwise it still means the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsFromText } from '../../../src/config/settings-from-text.js';
import type { Settings } from '../../../src/config/settings.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property-runs.js';
import { MUTATIONS, NEUTRAL, WHOLE_EXAMPLE } from './mutations.js';
import { read, refusalOf } from './reading.js';

/** Each of the fourteen ways so often: 420 broken files in the test command. */
const EACH = 30;

function meaningOf({ processes, ...settings }: Settings): unknown {
  const names = [...processes.listedNames, 'another'];
  return { ...settings, listed: processes.listedNames, policies: names.map((name) => processes.policyFor(name)) };
}

describe('the example file with everything in it switched on', () => {
  it('is accepted, and holds most keys', () => {
    const { settings } = read(WHOLE_EXAMPLE.join('\n'));
    expect(settings.processes.listedNames).toEqual(['nginx', 'billing worker', 'oracle-listener']);
    expect(WHOLE_EXAMPLE.filter((line) => /^\w+ = /.test(line)).length).toBeGreaterThan(80);
  });

  it.each(Object.entries(MUTATIONS))(
    'is refused with file and line: %s',
    (_name, broken) => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(broken, (mutation) => {
          fc.pre(mutation !== null);
          seen.add(mutation.lines.join('\n'));
          const read = () => settingsFromText(mutation.lines.join('\n'), { file: '/etc/x.ini', environment: {} });
          const { issues, message } = refusalOf(read);
          expect(
            issues.map(({ line }) => line),
            `${mutation.what}\n${message}`,
          ).toContain(mutation.line);
          expect(message).toContain(`/etc/x.ini:${mutation.line}: `);
        }),
        { ...runs(EACH), maxSkipsPerRun: 1000 },
      );
      expect(seen.size).toBeGreaterThan(1);
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'means the same with other blanks, comments, quotes, line ends and a byte order mark',
    () => {
      const plain = meaningOf(read(WHOLE_EXAMPLE.join('\n')).settings);
      fc.assert(
        fc.property(NEUTRAL, fc.constantFrom('\n', '\r\n'), fc.constantFrom('', '\ufeff'), (lines, end, begin) => {
          expect(meaningOf(read(begin + lines.join(end)).settings)).toEqual(plain);
        }),
        runs(60),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
