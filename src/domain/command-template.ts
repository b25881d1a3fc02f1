/** Fills `%s` (system name) and `%d` (working directory of the process) into a configured shell line, each as one word. */

export interface TemplateValues {
  readonly systemName: string;
  /** null: not known, because the process does not run or its directory may not be read. */
  readonly workingDirectory: string | null;
}

export type FilledCommand =
  { readonly ok: true; readonly line: string } | { readonly ok: false; readonly detail: string };

type Quote = 'none' | 'single' | 'double';

/** Whether the line asks for the working directory, which must be looked up before the process is stopped. */
export function needsWorkingDirectory(line: string): boolean {
  return line.replaceAll('%%', '').includes('%d');
}

/** Starts a piece of shell inside the line, with quoting of its own that cannot be followed from outside. */
const NESTED = /`|\$[({'"]/;
const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * `%s`, `%d` and `%%` (a plain percent sign) are replaced; every other `%` stays. The shell quotes around a placeholder
 * are respected, so that a value is one word wherever the operator wrote it. An unusual value (anything but letters,
 * digits and `:_.@/+-`) is refused where it could become shell text: in a line with backticks, `$(` or `$'`, or with a line break.
 */
export function fillCommand(line: string, values: TemplateValues): FilledCommand {
  if (needsWorkingDirectory(line) && values.workingDirectory === null)
    return { ok: false, detail: '%d: the working directory is not known, because the process does not run' };
  let quote: Quote = 'none';
  let filled = '';
  for (let index = 0; index < line.length; index += 1) {
    const two = line.slice(index, index + 2);
    if (quote !== 'single' && two.startsWith('\\')) {
      filled += two;
      index += 1;
    } else if (two === '%s' || two === '%d') {
      const value = two === '%s' ? values.systemName : (values.workingDirectory ?? '');
      if (!PLAIN_WORD.test(value) && (CONTROL_CHARACTER.test(value) || NESTED.test(line)))
        return { ok: false, detail: `${two}: ${JSON.stringify(value)} cannot be written safely at this place` };
      filled += asWord(value, quote);
      index += 1;
    } else if (two === '%%') {
      filled += '%';
      index += 1;
    } else {
      quote = quoteAfter(quote, line.charAt(index));
      filled += line.charAt(index);
    }
  }
  return { ok: true, line: filled };
}

function quoteAfter(quote: Quote, character: string): Quote {
  if (character === "'" && quote !== 'double') return quote === 'single' ? 'none' : 'single';
  if (character === '"' && quote !== 'single') return quote === 'double' ? 'none' : 'double';
  return quote;
}

const PLAIN_WORD = /^[A-Za-z0-9:_.@/+-]+$/;

/** Written so that a POSIX shell reads exactly `value` at a place inside the given quotes. */
function asWord(value: string, quote: Quote): string {
  switch (quote) {
    case 'double':
      return value.replaceAll(/[\\"$`]/g, '\\$&');
    case 'single':
      return value.replaceAll("'", "'\\''");
    case 'none':
      return PLAIN_WORD.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
  }
}
