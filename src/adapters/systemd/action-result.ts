/** Tells from the end of a `systemctl` command how systemd took the request. */
import type { CommandResult } from '../../ports/command-runner.js';
import type { UnitActionResult, UnitsUnknown } from '../../ports/unit-manager.js';

type Refusal = 'unavailable' | 'not_permitted' | 'conflict' | 'start_limit' | 'impossible';

/**
 * What `systemctl` says (in the C locale) where its exit code does not tell: 1 stands for most of them. Each begins
 * inside the sentence, behind a blank, so that no unit is taken for one by its name.
 * Source: systemd, src/shared/bus-wait-for-jobs.c, src/core/transaction.c, src/core/dbus-unit.c.
 */
const SAYINGS: readonly (readonly [RegExp, Refusal])[] = [
  [/ to connect to .*bus| not been booted with systemd| get D-Bus connection/, 'unavailable'],
  [/ Access denied| [Ii]nteractive authentication required/, 'not_permitted'],
  [/ is destructive| canceled\.$/m, 'conflict'],
  [/ attempted too often| repeated too quickly| start-limit/, 'start_limit'],
  [/ not found\.| is masked\.| has a bad unit file setting\.| not loaded properly/, 'impossible'],
  [
    / by dependency only| is not valid\.| missing the instance name| is not applicable| a valid .*unit name/,
    'impossible',
  ],
];

/** No systemd that could answer, now or later: the rest of the failures may be over in a moment. */
const NO_SYSTEMD = / not been booted with systemd|^Running in chroot, ignoring/m;

/** Source: systemd, src/systemctl/systemctl-show.c and src/core/dbus-unit.c, and the words of sd-bus for no object. */
const NO_UNIT = /^Failed to get properties: (?:Unknown object |Unit name .* is not valid\.)/m;

const LONGEST_DETAIL = 300;

/** `timed_out` and `aborted` end the waiting only: the job itself goes on in systemd. */
export function toActionResult(result: CommandResult): UnitActionResult {
  switch (result.kind) {
    case 'exited':
      return result.exitCode === 0 ? { kind: 'done' } : refusal(result.output, result.exitCode);
    case 'killed':
      return { kind: 'failed', detail: `systemctl was ended by ${result.signal}` };
    case 'timed_out':
    case 'aborted':
      return { kind: result.kind };
    case 'not_started':
      return result.reason === 'no_room'
        ? { kind: 'unavailable', detail: result.detail, isPassing: true }
        : { kind: 'unavailable', detail: result.detail };
  }
}

/** Why a question about units was not answered. */
export function whyUnknown(result: CommandResult): UnitsUnknown {
  const isMissing = result.kind === 'not_started' && result.reason === 'missing';
  const isElsewhere = result.kind === 'exited' && NO_SYSTEMD.test(result.output);
  return isMissing || isElsewhere ? 'unavailable' : 'no_answer';
}

/**
 * systemd has answered that no such unit can be, for one of those asked for: an instance of a type without templates,
 * for example `x@y.slice`. The name is valid all the same.
 */
export function isNoUnit(result: CommandResult): boolean {
  return result.kind === 'exited' && result.exitCode !== 0 && NO_UNIT.test(result.output);
}

function refusal(output: string, exitCode: number): UnitActionResult {
  const saying = SAYINGS.find(([pattern]) => pattern.test(output));
  const detail = firstSentence(output) ?? `systemctl exited with ${exitCode} and said nothing`;
  return { kind: saying?.[1] ?? 'failed', detail };
}

/** The lines after it only advise to read the journal; a warning before it is about stale unit files. */
function firstSentence(output: string): string | undefined {
  const line = output.split('\n').find((text) => text.trim() !== '' && !text.startsWith('Warning:'));
  return line?.trim().slice(0, LONGEST_DETAIL);
}
