/** The commands' texts in English. */
import type { Finding } from '../domain/finding.js';
import { skipText } from '../domain/skip-text.js';
import { durationText, localTimeText } from '../domain/time-text.js';

/** Every text in every language. Names and reasons that are put in are safe already. */
export type Texts = typeof ENGLISH;

const times = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const COMMON = {
  error: (detail: string) => `error: ${detail}`,
  reason: skipText,
  none: 'none',
  unknownProcess: (name: string) => `unknown process: ${name}`,
  countdown: (seconds: number) => `Next database check in ${times(seconds, 'second', 'seconds')}`,
};

const CONFIG = {
  configFine: (file: string, processes: number) =>
    `${file}: configuration is valid, ${times(processes, 'process has a section', 'processes have a section')}`,
  configWrong: (file: string, mistakes: number) => `${file}: ${times(mistakes, 'mistake', 'mistakes')}, not usable`,
  notice: 'notice',
  severity: { fine: 'ok', warning: 'warning', problem: 'PROBLEM' },
  findingSeverity: { fine: 'ok', warning: 'warning', problem: 'PROBLEM', skipped: 'skipped' },
  findingText: ({ text }: Finding) => text,
  mend: (command: string) => `mend it with: ${command}`,
  doctorFine: (fine: number, warnings: number) =>
    `${times(fine, 'thing', 'things')} fine, ${times(warnings, 'warning', 'warnings')}, nothing that cannot work`,
  doctorBad: (problems: number, warnings: number) =>
    `${times(problems, 'problem', 'problems')}, ${times(warnings, 'warning', 'warnings')}`,
  doctorNotRoot: 'only root sees everything: run it with sudo for the rest',
  hostFine: 'everything the settings name is there',
  hostProblems: (problems: number) => `${times(problems, 'thing', 'things')} cannot work as it stands`,
};

const STATUS = {
  alarmsHeading: 'Processes in alarm (alarma=1, sound=0):',
  acknowledgedHeading: 'Acknowledged (alarma=1, sound=1), left to the operator:',
  alarmLine: (id: string, name: string, notes: string) => `ID: ${id} | Name: ${name} | Notes: ${notes}`,
  restartedNext: (would: string) => `the next cycle restarts it: ${would}`,
  leftAlone: (reason: string) => `left alone: ${reason}`,
  monitorRuns: (pid: string) => `Monitor: runs (pid ${pid})`,
  monitorBlind: (sinceMs: number) => `Monitor: blind since ${localTimeText(sinceMs)}, its database does not answer`,
  monitorStopped: 'Monitor: does not run',
  monitorUnknown: (detail: string) => `Monitor: runs, but does not answer: ${detail}`,
  databaseSilent: (detail: string) => `Database: does not answer, who is in alarm is not known: ${detail}`,
  memoryNone: 'Memory: empty',
  memoryDamaged: (detail: string) => `Memory: cannot be read: ${detail}`,
  rememberedHeading: (savedAtMs: number) => `Remembered (as of ${localTimeText(savedAtMs)}):`,
  columnId: 'ID',
  columnName: 'NAME',
  columnBreaker: 'BREAKER',
  columnRestarts: 'RESTARTS',
  columnNow: 'NOW',
};

const MEMORY = {
  breakerClosed: 'closed',
  breakerFailures: (failures: number) => `closed, ${times(failures, 'failure', 'failures')} in a row`,
  breakerOpen: (retryInMs: number) => `open, next trial in ${durationText(retryInMs)}`,
  breakerHalfOpen: 'half-open, the next restart is a trial',
  breakerIsolated: 'held open by a person',
  budget: (used: number, limit: number, windowMs: number) =>
    `${used} of ${limit === 0 ? 'any number' : limit} within ${durationText(windowMs)}`,
  budgetWait: (waitMs: number) => `next in ${durationText(waitMs)}`,
  inFlight: (sinceMs: number, attempt: number) => `being restarted for ${durationText(sinceMs)}, attempt ${attempt}`,
  owesClear: (sinceMs: number) => `clearing its alarm is owed for ${durationText(sinceMs)}`,
  owesRaise: (sinceMs: number) => `raising its alarm is owed for ${durationText(sinceMs)}`,
  watched: (leftMs: number) => `recovered, watched for another ${durationText(leftMs)}`,
  handled: (sinceMs: number) => `recovered ${durationText(sinceMs)} ago, the source has yet to clear the alarm`,
  refused: (detail: string, retryInMs: number) => `held back, next try in ${durationText(retryInMs)}: ${detail}`,
  breakersQuiet: 'every breaker is closed',
};

const RESTART = {
  forcing: (name: string) => `Forcing restart of process: ${name}`,
  throughMonitor: 'through the running monitor',
  restartGood: (name: string) => `Restart of ${name} succeeded.`,
  restartBad: (name: string) => `Restart of ${name} failed.`,
  reloaded: 'Settings reloaded.',
  notReloaded: 'settings not reloaded, the old ones stay in force',
};

const EXPLAIN = {
  policyOwn: (section: string) => `Policy: section [${section}]`,
  policyDefault: 'Policy: [process.default], it has no section of its own',
  policyNone: 'Policy: none, no section speaks for it: shown and left alone',
  setHeading: 'Set in the settings (all else is at its default):',
  wayHeading: 'How:',
  attempts: (most: number, delayMs: number, strategy: string) =>
    `strategy ${strategy}, up to ${times(most, 'attempt', 'attempts')}, ${durationText(delayMs)} apart`,
  unitWatched: 'a failure of its unit raises its alarm at once (watch_units)',
  unitUnwatched: 'its alarm is raised by others alone (watch_units is not in force for it)',
  proof: (checks: string, withinMs: number) =>
    `proof: the state of its unit or program, where it has one${checks === '' ? '' : `, then ${checks}`}, within ${durationText(withinMs)}`,
  countersHeading: 'Counters:',
  process: (id: string) => `process_id ${id}`,
  breaker: (state: string) => `circuit breaker: ${state}`,
  breakerRule: (failures: number, stableMs: number) =>
    `opens after ${times(failures, 'failed handling', 'failed handlings')} in a row; back to 0 once recovered and well for ${durationText(stableMs)}`,
  breakerWait: (firstMs: number, longestMs: number) =>
    `open for ${durationText(firstMs)} at first, each failed trial makes it longer, up to ${durationText(longestMs)}`,
  restarts: (budget: string) => `restarts: ${budget}; each is forgotten when the window has passed`,
  hostRestarts: (budget: string) => `restarts of the whole host: ${budget}`,
  now: (state: string) => `now: ${state}`,
  nothingRemembered: 'nothing counted: breaker closed, no restart in the window',
  nextHeading: 'Next alarm:',
  wouldRestart: (would: string) => `it would be restarted: ${would}`,
  wouldSkip: (reason: string) => `it would be left alone: ${reason}`,
};

const MATCH = {
  unitFound: (id: string, aliases: string, state: string) =>
    `Unit: ${id}${aliases === '' ? '' : ` (also ${aliases})`}, ${state}`,
  unitNone: (name: string) => `Unit: none called ${name}`,
  planAct: (how: string) => `An attempt now would do: ${how}`,
  planRefuse: (detail: string) => `An attempt now would be refused: ${detail}`,
  programsHeading: 'Programs:',
  programsNone: (name: string) => `Programs: none that runs is called ${name} or looks like it`,
  columnPid: 'PID',
  columnUid: 'UID',
  columnUnit: 'UNIT',
  columnMeant: 'MEANT',
  columnCommand: 'COMMAND',
  meant: 'yes',
  notMeant: (why: string) => `no: ${why}`,
};

const ALARM = {
  columnState: 'STATE',
  columnNotes: 'NOTES',
  state: { normal: 'normal', alarmed: 'in alarm', acknowledged: 'in alarm, acknowledged' },
  noProcesses: 'this host has no process in the database',
  changed: {
    raise: (count: number) => `${times(count, 'process', 'processes')} put in alarm`,
    clear: (count: number) => `${times(count, 'alarm', 'alarms')} cleared`,
    acknowledge: (count: number) => `${times(count, 'alarm', 'alarms')} acknowledged`,
  },
  confirm: {
    raise: (count: number) => `Put all ${count} processes of this host in alarm? [y/N] `,
    clear: (count: number) => `Clear the alarms of all ${count} processes of this host? [y/N] `,
    acknowledge: (count: number) => `Acknowledge the alarms of all ${count} processes of this host? [y/N] `,
  },
  yes: /^y(?:es)?$/i,
  notConfirmed: 'nothing was changed',
  needsYes: 'on no terminal, --all needs --yes',
  needsTerminal: 'the menu needs a terminal; see process-monitor alarm --help',
  randomRound: (names: string, pauseMs: number) => `raised: ${names}; next in ${durationText(pauseMs)}`,
  randomFull: 'no process is left that is not in alarm',
  menuTitle: 'Alarm test',
  menu: [
    'Show all processes',
    'Put one process in alarm',
    'Put all processes in alarm',
    'Clear all alarms',
    'Random mode (Ctrl-C ends it)',
    'Exit',
    'Acknowledge one alarm',
  ],
  menuChoice: 'Choice: ',
  menuName: 'Name or id: ',
  menuUnknown: 'there is no such choice',
};

const GRANT = {
  granted: 'granted',
  grantRefused: 'REFUSED',
  grantChange: {
    write: { written: (path: string) => `written: ${path}`, removed: (path: string) => `removed: ${path}` },
    remove: { written: (path: string) => `written: ${path}`, removed: (path: string) => `removed: ${path}` },
    dry_run: {
      written: (path: string) => `would be written: ${path}`,
      removed: (path: string) => `would be removed: ${path}`,
    },
    check: {
      written: (path: string) => `not as the settings ask for: ${path}`,
      removed: (path: string) => `no longer asked for: ${path}`,
    },
  },
  grantInStep: {
    write: 'every file was right already',
    dry_run: 'every file is right already',
    check: 'the files are in step with the settings',
    remove: 'there was nothing to remove',
  },
  grantRestart:
    'what changed of the monitor’s own unit counts from its next start on: systemctl restart process-monitor',
};

const MIGRATE = {
  migrateNotNeeded: 'the file database needs no migration',
  migrateAlready: 'so already:',
  migrateGrants: 'the least rights of the monitor’s account; grant them where they are missing:',
  migrateDone: {
    migrate: 'done: a running monitor sees it within a minute',
    revert: 'gone: a running monitor sees it within a minute',
  },
  migrateVisible:
    'warning: this server cannot hide the column alarm_seq: inserts into STATUS_PROCESS that name no columns will fail',
  migrateRefused: {
    view: 'STATUS_PROCESS is a view: run this on the database that holds its table',
    cannot_hide:
      'this server cannot hide a column: inserts into STATUS_PROCESS that name no columns would fail. Where there are none, repeat with --visible',
    no_account:
      'the triggers need an account of their own that outlives whoever makes them, and this user may not make accounts: repeat with --user root, or hand the output of --print to whoever may',
    no_trigger:
      'this user may not make triggers for another account (SET USER on MariaDB, SET_ANY_DEFINER on MySQL): repeat with --user root, or hand the output of --print to whoever may',
    binary_log:
      'the server writes a binary log and trusts nobody with triggers: SET GLOBAL log_bin_trust_function_creators = 1, then repeat',
    no_rights: 'this user lacks rights: repeat with --user root, or hand the output of --print to whoever may',
  },
};

export const ENGLISH = {
  ...COMMON,
  ...CONFIG,
  ...STATUS,
  ...MEMORY,
  ...RESTART,
  ...EXPLAIN,
  ...MATCH,
  ...ALARM,
  ...GRANT,
  ...MIGRATE,
};
