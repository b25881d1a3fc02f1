/** What holds for any text at all, and for any settings that are right. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/issues.js';
import { settingsFromText, type LoadedSettings } from '../../../src/config/settings-from-text.js';
import { keysOf } from '../../../src/config/schema.js';
import { renderSettings } from '../../../src/config/show.js';
import { openQuote } from '../../../src/domain/open-quote.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property-runs.js';
import { anyText, manner, rightSections, writeIni } from './config-texts.js';
import { lineOfText, rightValue } from './config-values.js';
import { policyOf, read, readWith, refusalOf } from './reading.js';

const command = fc
  .oneof(
    lineOfText,
    fc
      .array(fc.constantFrom('sh', '-c', '"', "'", ';', '#', '=', '&&', '%s', '\\', '$(x)', ' '), { minLength: 1 })
      .map((parts) => `x${parts.join('')}x`),
  )
  .filter((line) => openQuote(line) === null);

/** Everything that the rest of the program is told, the password apart. */
function meaningOf({ settings }: LoadedSettings, names: readonly string[]): unknown {
  const { processes, database, ...rest } = settings;
  const policies = [...processes.listedNames, ...names].map((name) => processes.policyFor(name));
  return { ...rest, database: { ...database, password: null }, listed: processes.listedNames, policies };
}

/** A second, simpler reader: every line that sets something, with its section and number. */
function linesOf(text: string): readonly { section: string; key: string; line: number }[] {
  let section = '';
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap((raw, index) => {
      const line = raw.replace(/^[ \t]+|[ \t\r]+$/g, '');
      if (line === '' || line.startsWith(';') || line.startsWith('#')) return [];
      if (line.startsWith('[')) {
        section = line.slice(1, line.indexOf(']'));
        return [];
      }
      return [{ section, key: (line.split('=')[0] ?? '').trim(), line: index + 1 }];
    });
}

function readOrRefuse(text: string, environment: Readonly<Record<string, string>>): LoadedSettings | ConfigError {
  try {
    return settingsFromText(text, { file: 'f', environment });
  } catch (error: unknown) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
}

describe('any text', () => {
  it(
    'is read, or refused with a ConfigError of one harmless line for each mistake; nothing else is ever thrown',
    () => {
      fc.assert(
        fc.property(anyText, anyText, (ini, value) => {
          const result = readOrRefuse(ini, { MONITOR_DB_PORT: value, [`MONITOR_${value}`]: ini });
          if (!(result instanceof ConfigError)) return;
          expect(result.issues.length).toBeGreaterThan(0);
          expect(result.message.split(/[\r\n\u2028\u2029]/).length).toBe(result.issues.length);
        }),
        runs(300),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'that is taken has each of its lines in force or in a notice, and no mistake in it is without its line',
    () => {
      const damaged = fc.tuple(rightSections, fc.nat(), fc.nat(3), anyText).map(([sections, at, cut, text]) => {
        const whole = writeIni(sections);
        const start = at % (whole.length + 1);
        return whole.slice(0, start) + text.slice(0, 12) + whole.slice(start + cut);
      });
      fc.assert(
        fc.property(damaged, (text) => {
          const result = readOrRefuse(text, {});
          if (result instanceof ConfigError) {
            const isMissing = /^missing, and engine/;
            for (const { line, problem } of result.issues) if (!isMissing.test(problem)) expect(line).not.toBe(null);
            return;
          }
          const inForce = new Set(
            result.origins
              .all()
              .flatMap(({ values }) =>
                values.map(({ key, origin }) => `${origin.section} ${key} ${origin.line ?? ''}`),
              ),
          );
          const noticed = new Set(result.notices.map(({ line }) => line));
          for (const { section, key, line } of linesOf(text))
            expect(
              inForce.has(`${section} ${key} ${line}`) || noticed.has(line) || isOverruled(text, section, key),
            ).toBe(true);
        }),
        runs(300),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'as a command comes out unchanged, also when it is shown and read again',
    () => {
      fc.assert(
        fc.property(command, (line) => {
          const loaded = readWith(`[process.a]\nrestart_command = ${line}\n`);
          const again = read(renderSettings(loaded.origins.all()));
          expect(loaded.settings.processes.policyFor('a')?.restartCommand).toBe(line);
          expect(again.settings.processes.policyFor('a')?.restartCommand).toBe(line);
        }),
        runs(100),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'as a password comes out unchanged and is in no message',
    () => {
      fc.assert(
        fc.property(lineOfText, (line) => {
          const secret = `canary${line}canary`;
          const { settings, notices, origins } = read(`[database]\nuser=u\ndatabase=d\npassword=${secret}`);
          expect(settings.database).toMatchObject({ password: secret });
          expect(JSON.stringify(notices) + renderSettings(origins.all())).not.toContain('canary');
        }),
        runs(100),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'as an answer to look for comes back from what is shown',
    () => {
      fc.assert(
        fc.property(lineOfText, (line) => {
          const section = `[process.a]\nhealth_check_url = http://h/\nhealth_check_text = ${line}\n`;
          fc.pre(!/^(["'])\1$/.test(line));
          const policy = policyOf(section, 'a');
          const again = read(renderSettings(readWith(section).origins.all())).settings.processes.policyFor('a');
          expect(again).toEqual(policy);
        }),
        runs(100),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

/** What `[process.default]` says and every process says otherwise is shown nowhere where nobody else is handled by it. */
function isOverruled(text: string, section: string, key: string): boolean {
  return section === 'process.default' && keysOf(section)?.[key] !== undefined && text.includes('unlisted_processes');
}

/** Some settings by the environment, as right as the file's. */
const environment = fc
  .subarray([
    'MONITOR_CHECK_INTERVAL',
    'MONITOR_PROCESS_DEFAULT_MAX_ATTEMPTS',
    'MONITOR_PROCESS_DEFAULT_HEALTH_CHECK_TEXT',
  ])
  .chain((names) => {
    const textKey = keysOf('process.default')?.['health_check_text'];
    if (textKey === undefined) throw new Error('the key is gone');
    return fc.tuple(
      ...names.map((name) =>
        (name.endsWith('TEXT') ? rightValue(textKey).filter((text) => !text.includes('\t')) : fc.constant('7')).map(
          (value) => [name, value] as const,
        ),
      ),
    );
  })
  .map((pairs): Readonly<Record<string, string>> => Object.fromEntries(pairs));

describe('settings that are right', () => {
  it(
    'are taken, and come back the same from what config show prints',
    () => {
      fc.assert(
        fc.property(rightSections, environment, (sections, variables) => {
          const loaded = read(writeIni(sections), variables);
          const again = read(renderSettings(loaded.origins.all()));
          expect(meaningOf(again, ['other'])).toEqual(meaningOf(loaded, ['other']));
        }),
        runs(150),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  it(
    'mean the same however they are written: line ends, blanks, comments, a byte order mark',
    () => {
      fc.assert(
        fc.property(rightSections, manner, (sections, how) => {
          expect(meaningOf(read(writeIni(sections, how)), ['other'])).toEqual(
            meaningOf(read(writeIni(sections)), ['other']),
          );
        }),
        runs(150),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

describe('a broken value', () => {
  it('is refused where it stands, also where only others inherit it', () => {
    const inherited =
      '[monitor]\nunlisted_processes = ignore\n[process.default]\nrestart_delay = 9\nrestart_delay_max = 8\n';
    const error = refusalOf(() => readWith(`${inherited}[process.a]\n`));
    expect(error.issues.map(({ line, problem }) => [line, problem])).toEqual([
      [7, 'restart_delay (9) is more than restart_delay_max (8)'],
    ]);
    const quotes =
      '[monitor]\nunlisted_processes = ignore\n[process.default]\nrestart_command = a; b "c\n[process.a]\n';
    expect(refusalOf(() => readWith(quotes)).issues.map(({ line, problem }) => [line, problem])).toEqual([
      [7, 'has a " that is never closed'],
    ]);
  });
});
