/** Finds the file that a program's name means. */
import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** `not_permitted`: there is such a file, but it may not be executed. `path` is absolute. */
export type ResolvedExecutable =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'not_permitted'; readonly path: string }
  | { readonly kind: 'missing' };

/** A name with a slash counts from `workingDirectory`, any other is looked for in `searchPath` as execvp(3) does. */
export function resolveExecutable(file: string, searchPath: string, workingDirectory: string): ResolvedExecutable {
  const candidates = file.includes('/')
    ? [resolve(workingDirectory, file)]
    : searchPath.split(':').map((directory) => resolve(workingDirectory, join(directory, file)));
  const seen = candidates.map(look);
  return (
    seen.find(({ kind }) => kind === 'found') ?? seen.find(({ kind }) => kind !== 'missing') ?? { kind: 'missing' }
  );
}

function look(path: string): ResolvedExecutable {
  try {
    if (!statSync(path).isFile()) return { kind: 'not_permitted', path };
  } catch {
    return { kind: 'missing' };
  }
  try {
    accessSync(path, constants.X_OK);
    return { kind: 'found', path };
  } catch {
    return { kind: 'not_permitted', path };
  }
}
