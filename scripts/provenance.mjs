/** Which commit a build was made of. */
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

const COMMIT_LETTERS = 12;

/**
 * `1a2b3c4d5e6f`: exactly that commit; `local`: a checkout with changes of its own; null: no checkout, or no git. `root`
 * is the top of the sources.
 */
export function provenanceOf(root) {
  const git = (...args) =>
    execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // Sources that were unpacked inside another project's checkout are no part of it.
    if (realpathSync(git('rev-parse', '--show-toplevel')) !== realpathSync(root)) return null;
    const commit = git('rev-parse', '--verify', 'HEAD');
    return git('status', '--porcelain') === '' ? commit.slice(0, COMMIT_LETTERS) : 'local';
  } catch {
    return null;
  }
}
