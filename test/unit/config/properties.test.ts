/** What holds for any text at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/issues.js';
import { settingsFromText } from '../../../src/config/settings-from-text.js';
import { renderSettings } from '../../../src/config/show.js';
import { policyOf, read, readWith } from './reading.js';

const words = fc.constantFrom(
  ...['[', ']', '[database]', '[monitor]', '[process.a]', '[process.default]', '\n', '\r\n', ' = ', '=', ';', '#', '"'],
  ...["'", 'user', 'password', 'check_interval', 'restart_strategy', 'custom', '5', '-1', '\0', '__proto__', '\ufeff'],
);
const lineOfText = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => !/\p{Cc}|\ufffd/u.test(text) && text === text.trim());
const command = fc.oneof(
  lineOfText,
  fc
    .array(fc.constantFrom('sh', '-c', '"', "'", ';', '#', '=', '&&', '%s', '\\', '$(x)', ' '), { minLength: 1 })
    .map((parts) => `x${parts.join('')}x`),
);

describe('any text', () => {
  it('is read, or refused with a ConfigError; nothing else is ever thrown', () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, text, (ini, value) => {
        try {
          settingsFromText(ini, { file: 'f', environment: { MONITOR_DB_PORT: value, [`MONITOR_${value}`]: ini } });
        } catch (error: unknown) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('as a command comes out unchanged, also when it is shown and read again', () => {
    fc.assert(
      fc.property(command, (line) => {
        const loaded = readWith(`[process.a]\nrestart_command = ${line}\n`);
        const again = read(renderSettings(loaded.origins));
        expect(loaded.settings.processes.policyFor('a')?.restartCommand).toBe(line);
        expect(again.settings.processes.policyFor('a')?.restartCommand).toBe(line);
      }),
    );
  });

  it('as a password comes out unchanged and is in no message', () => {
    fc.assert(
      fc.property(lineOfText, (line) => {
        const secret = `canary${line}canary`;
        const { settings, notices, origins } = read(`[database]\nuser=u\ndatabase=d\npassword=${secret}`);
        expect(settings.database).toMatchObject({ password: secret });
        expect(JSON.stringify(notices) + renderSettings(origins)).not.toContain('canary');
      }),
    );
  });

  it('as an answer to look for comes back from what is shown', () => {
    fc.assert(
      fc.property(lineOfText, (line) => {
        const section = `[process.a]\nhealth_check_url = http://h/\nhealth_check_text = ${line}\n`;
        fc.pre(!/^(["'])\1$/.test(line));
        const policy = policyOf(section, 'a');
        const again = read(renderSettings(readWith(section).origins)).settings.processes.policyFor('a');
        expect(again).toEqual(policy);
      }),
    );
  });
});
