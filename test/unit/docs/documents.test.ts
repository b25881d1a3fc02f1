/** What the documents show is so: links, commands, files, exit codes, settings. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.js';
import { settingsFromText } from '../../../src/config/settings-from-text.js';
import { ALL_SECTIONS } from '../../../src/config/schema.js';
import { documents, PROJECT, read, tableUnder } from './documents.js';

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, found]) => found ?? '');
}

/** As GitHub names a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}

describe.each(documents())('%s', (path) => {
  const text = read(path);

  it('has only links that lead somewhere', () => {
    const links = matches(text, /\]\(([^)\s]+)\)/g).filter((link) => !link.includes('://'));
    const dead = links.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(PROJECT, target))) return true;
      return (
        anchor !== undefined &&
        !matches(read(target), /^#+ (.*)$/gm)
          .map(anchorOf)
          .includes(anchor)
      );
    });
    expect(dead).toEqual([]);
  });

  it('names only npm commands and files of the project that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const runs = matches(text, /npm run (?:--silent )?([\w:-]+)/g);
    expect(runs.filter((name) => !(name in scripts))).toEqual([]);
    const files = matches(text, /`((?:src|test|scripts|systemd|docs)\/[\w./-]*\w)`/g);
    expect(files.filter((file) => !existsSync(join(PROJECT, file)))).toEqual([]);
  });
});

describe('the README', () => {
  it('has settings that are valid as they stand', () => {
    const [ini = ''] = matches(read('README.md'), /```ini\n([^]*?)```/g);
    const withoutPassword = ini.replace(/^password_file.*$/m, 'socket = /run/mysqld/mysqld.sock');
    const { settings } = settingsFromText(withoutPassword, { file: 'config.ini', environment: {} });
    expect(settings.processes.listedNames).toEqual(['nginx']);
  });

  it('begins with the command that shows the program and goes on with the one that tests it', () => {
    const commands = matches(read('README.md'), /```sh\n([^]*?)```/g);
    expect(commands.slice(0, 2)).toEqual(['npm ci && npm run demo\n', 'npm ci && npm test\n']);
  });
});

describe('the manual', () => {
  const manual = read('docs/manual.md');

  it('lists the exit codes that there are', () => {
    const codes = tableUnder(manual, '| code | meaning |').map(([code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });

  it('names only keys that the settings have', () => {
    const keys = new Set([...ALL_SECTIONS.values()].flatMap((table) => Object.keys(table)));
    const named = matches(manual, /`([a-z]+(?:_[a-z]+)+)`/g).filter((name) => !['monitor_service'].includes(name));
    expect(named.filter((name) => !keys.has(name))).toEqual([]);
  });
});

describe('the glossary', () => {
  it('is in the order of the alphabet', () => {
    const words = tableUnder(read('docs/glossary.md'), '| word | meaning |').map(([word]) => word ?? '');
    expect(words).toEqual([...words].sort((one, other) => one.localeCompare(other, 'en')));
  });
});

describe('the example of a timeline', () => {
  it('is that of the defaults', () => {
    const { settings } = settingsFromText('[database]\nengine = sqlite\npath = /x\n[process.app]\n[host]\n', {
      file: 'config.ini',
      environment: {},
    });
    const policy = settings.processes.policyFor('app');
    expect(settings.monitor.checkIntervalMs).toBe(30_000);
    expect(policy?.maxAttempts).toBe(2);
    expect(policy?.breaker).toEqual({
      maxFailures: 3,
      resetAfterMs: 300_000,
      resetMultiplier: 2,
      maxOpenMs: 4 * 3600 * 1000,
    });
  });
});
