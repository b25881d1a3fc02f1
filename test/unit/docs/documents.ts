/** The documents of the project as tests read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Top of the repository. */
export const PROJECT = resolve(import.meta.dirname, '../../..');

/** Text of a file by its path in the repository. */
export function read(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8');
}

/** Paths of all documents in the repository. */
export function documents(): readonly string[] {
  const docs = readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`);
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...docs].filter((path) => path.endsWith('.md'));
}

/** The rows of the table that begins with this header, as cells without blanks around them. */
export function tableUnder(text: string, header: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.indexOf(header);
  if (start < 0) throw new Error(`no table with the header ${header}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end < 0 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
