/** Whether the log's directory, and each log file in it, are the work of root or ourselves. */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { geteuid } from 'node:process';
import { distrustText, judgeFile, judgePath, type Distrust, type TrustRules } from '../../domain/file-trust.js';

const EYES = { look: (path: string) => lstatSync(path, { throwIfNoEntry: false }), follow: readlinkSync };

/** Further names of the current file; the second is left behind where the monitor was killed in between. */
const OUR_LINKS = ['current.log', 'current.log.new'];

/** Files that are opened for writing; the links never are, they are only put in place by a rename. */
export const LOG_NAME = /^process-monitor\.(\d+)\.log$/;

/** A judge who throws an error with the path and what mends it. `owners`: who is trusted beside root; default: we. */
export function judgeLogs(owners: readonly number[] = [geteuid?.() ?? 0]): (directory: string) => void {
  const rules: TrustRules = { what: 'written', owners, mayGroupsWriteAbove: true };
  return (directory) => {
    const trust = judgePath(resolve(directory), EYES, { ...rules, what: 'directory' });
    refuse(trust.kind === 'distrusted' ? trust : null);
    for (const name of readdirSync(directory).filter((each) => LOG_NAME.test(each))) {
      const path = join(directory, name);
      const facts = EYES.look(path);
      if (facts === undefined) continue;
      const links = OUR_LINKS.filter((link) => EYES.look(join(directory, link))?.ino === facts.ino);
      refuse(judgeFile(path, facts, { ...rules, mostNames: 1 + links.length }));
    }
  };
}

function refuse(distrust: Distrust | null): void {
  if (distrust !== null) throw new Error(distrustText(distrust));
}
