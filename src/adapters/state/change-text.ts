/** The text of the file of changes: which whole state it follows, then one line for each save, each bound to the one before. */
import { hash } from 'node:crypto';
import type { StateChanges } from '../../domain/stored-state.js';
import { dictionary, list, nullable, object, text as anyText, time } from './checks.js';
import { storedProcess } from './parse-state.js';

/** A line with the sum that the next one is bound to. */
export interface ChangeLine {
  readonly line: string;
  readonly sum: string;
}

export type ParsedChanges =
  { readonly ok: true; readonly changes: readonly StateChanges[] } | { readonly ok: false; readonly detail: string };

const LINE = /^([0-9a-f]{64}) (\{.*\})$/s;
const NO_CHANGES: ParsedChanges = { ok: true, changes: [] };

/** `wholeSum`: the sum in the file of the whole state. Example: `4be7… {"follows":"9f86…"}` */
export function firstLine(wholeSum: string): ChangeLine {
  return bound('', { follows: wholeSum });
}

/** Example: `1c03… {"savedAtMs":1767225600000,"processes":{"42":null},"hostRestartsAtMs":[]}` */
export function changeLine(sumBefore: string, changes: StateChanges): ChangeLine {
  return bound(sumBefore, changes);
}

/**
 * Reads them for the whole state of this sum; those that follow another one are in it already. A last line that is cut off
 * was never told to be saved, and is left out; anything else that is not as it was written is damage. Never throws.
 */
export function parseChanges(text: string, wholeSum: string): ParsedChanges {
  const lines = text.split('\n');
  // Complete lines end with the line break: what comes behind the last one is nothing, or cut off.
  lines.pop();
  try {
    const changes: StateChanges[] = [];
    let sum = '';
    for (const [index, line] of lines.entries()) {
      const [, ownSum = '', body = ''] = LINE.exec(line) ?? [];
      if (ownSum !== sumAfter(sum, body)) {
        // Where power failed a file may have grown without its content.
        const isCutOff = index === lines.length - 1 && line.includes('\0');
        return isCutOff ? { ok: true, changes } : { ok: false, detail: `change ${index} does not match its checksum` };
      }
      const parsed: unknown = JSON.parse(body);
      if (index > 0) changes.push(stateChanges(parsed, `change ${index}`));
      else if (follows(parsed, 'first line').follows !== wholeSum) return NO_CHANGES;
      sum = ownSum;
    }
    return { ok: true, changes };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function bound(sumBefore: string, content: object): ChangeLine {
  const body = JSON.stringify(content);
  const sum = sumAfter(sumBefore, body);
  return { line: `${sum} ${body}\n`, sum };
}

function sumAfter(sumBefore: string, body: string): string {
  return hash('sha256', sumBefore + body, 'hex');
}

const follows = object<{ readonly follows: string }>({ follows: anyText });

const stateChanges = object<StateChanges>({
  savedAtMs: time,
  processes: dictionary(nullable(storedProcess)),
  hostRestartsAtMs: list(time),
});
