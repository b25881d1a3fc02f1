/** What the documents show is so: links, commands, files, exit codes, settings. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.js';
import { settingsFromText } from '../../../src/config/settings-from-text.js';
import { ALL_SECTIONS } from '../../../src/config/schema.js';
import type { SkipReason } from '../../../src/domain/verdict.js';
import { documents, PROJECT, read, tableUnder } from './documents.js';

/** Complete: the compiler asks for each reason. */
const REASONS: Readonly<Record<SkipReason['code'], true>> = {
  unlisted: true,
  disabled: true,
  dry_run: true,
  cannot_act: true,
  invalid_name: true,
  orphan: true,
  protected: true,
  in_progress: true,
  waits_for_slot: true,
  owes_write_back: true,
  recently_recovered: true,
  breaker_open: true,
  isolated: true,
  budget_used_up: true,
  mass_alarm: true,
  refused: true,
  startup_grace: true,
  just_sighted: true,
  odd_time: true,
};

/** Columns, and words of the bash monitor. */
const NO_KEYS = ['process_id', 'monitor_service', 'duration_ms', 'corr_id'];

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

  it('gives the database user the rights that docs/database.md gives it', () => {
    const [sql = ''] = matches(read('README.md'), /```sql\n([^]*?)```/g);
    expect(sql).toContain('GRANT SELECT');
    expect(read('docs/database.md')).toContain(sql);
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
    const others = new Set([...NO_KEYS, ...Object.keys(REASONS)]);
    const named = matches(manual, /`([a-z]+(?:_[a-z]+)+)`/g).filter((name) => !others.has(name));
    expect(named.filter((name) => !keys.has(name))).toEqual([]);
  });

  it('says of every reason not to restart what it means and what to do', () => {
    const told = tableUnder(manual, '| reason | why | what to do |').map(([code = '']) => code.replaceAll('`', ''));
    expect(told.sort()).toEqual(Object.keys(REASONS).sort());
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
