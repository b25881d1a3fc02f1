/** The command line: every command with its options, and the reading of arguments into a request. */
import { Command as PlainCommand, CommanderError } from 'commander';
import type { Command } from '@commander-js/extra-typings';
import { DEFAULT_CONFIG_FILE } from '../config/default-file.js';
import { LOG_LEVELS } from '../config/settings.js';
import { modernArguments } from './arguments.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { count, nonEmpty, seconds } from './option-values.js';
import type { GlobalOptions, Request } from './request.js';
import { LANGUAGES } from './texts.js';

export type Parsed =
  | { readonly kind: 'request'; readonly request: Request; readonly globals: GlobalOptions }
  /** Help or a usage error has been written already. */
  | { readonly kind: 'over'; readonly exitCode: ExitCode };

export interface ParseOutput {
  readonly version: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

type Choose = (request: Request) => void;

/** `argv`: without the program's own name. Never throws for a mistake of the user. */
export function parse(argv: readonly string[], output: ParseOutput): Parsed {
  const chosen: Request[] = [];
  const program = createProgram(output, (request) => chosen.push(request));
  try {
    program.parse(modernArguments(argv), { from: 'user' });
  } catch (cause: unknown) {
    if (!(cause instanceof CommanderError)) throw cause;
    return { kind: 'over', exitCode: cause.exitCode === 0 ? EXIT.done : EXIT.usage };
  }
  const [request] = chosen;
  if (request === undefined) return { kind: 'over', exitCode: EXIT.usage };
  const { config = null, logLevel = null, lang = null } = program.opts();
  return { kind: 'request', request, globals: { config, logLevel, lang } };
}

const EXIT_CODES = `
Exit codes: 0 done, 1 failed at work, 2 wrong usage, 3 tried and not healthy, 78 bad configuration.
Spellings of the predecessor: --config-test, --status, --restart NAME.`;

type Program = ReturnType<typeof createProgram>;

function createProgram({ version, out, err }: ParseOutput, choose: Choose) {
  // The package with the types has no code of its own: what runs is commander itself.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
  const bare: Command = new PlainCommand() as Command;
  const program = bare
    .name('process-monitor')
    .description('Sees alarms in the database, restarts exactly the right process, proves that it is well.')
    .version(version)
    .option('--config <file>', `settings file (default: ${DEFAULT_CONFIG_FILE})`, nonEmpty)
    .addOption(bare.createOption('--log-level <level>', 'least important lines that are logged').choices(LOG_LEVELS))
    .addOption(
      bare.createOption('--lang <language>', 'what is printed (default: as the environment has it)').choices(LANGUAGES),
    )
    .allowExcessArguments(false)
    .configureOutput({ writeOut: out, writeErr: err })
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  addRun(program, choose);
  addQuestions(program, choose);
  addConfig(program, choose);
  addAlarm(program, choose);
  addBreaker(program, choose);
  addGrant(program, choose);
  addMigrate(program, choose);
  return program;
}

const REASON_OPTION = ['--reason <text>', 'why, for the audit log'] as const;
const JSON_OPTION = ['--json', 'print data as JSON'] as const;

function addRun(program: Program, choose: Choose): void {
  program
    .command('run')
    .description('the daemon, in the foreground; what happens without any command')
    .option('--once', 'one look and its restarts, then end')
    .option('--dry-run', 'decide and say, do nothing')
    .action(({ once = false, dryRun = false }) => choose({ command: 'run', isOnce: once, isDryRun: dryRun }));
  program
    .command('reload')
    .description('have the running daemon read its settings anew, all or nothing')
    .action(() => choose({ command: 'reload' }));
  program
    .command('demo')
    .description('the whole story with sample processes, on a file, without server or root')
    .option('--for <seconds>', 'end by itself', seconds)
    .action(({ for: forSeconds = null }) => choose({ command: 'demo', forSeconds }));
}

function addQuestions(program: Program, choose: Choose): void {
  program
    .command('status')
    .description('who is in alarm, what the monitor thinks of it and what it remembers')
    .option(...JSON_OPTION)
    .action(({ json = false }) => choose({ command: 'status', isJson: json }));
  program
    .command('restart')
    .description('restart and verify now, outside the breaker')
    .argument('<name>', 'process as in the database', nonEmpty)
    .option(...REASON_OPTION, nonEmpty)
    .action((processName, { reason: why = null }) => choose({ command: 'restart', processName, why }));
  program
    .command('explain')
    .description('policy, counters, and what the next alarm would do')
    .argument('<name>', 'process as in the database', nonEmpty)
    .option(...JSON_OPTION)
    .action((processName, { json = false }) => choose({ command: 'explain', processName, isJson: json }));
  program
    .command('match')
    .description('which unit or programs the policy would hit, and why the others not')
    .argument('<name>', 'process as in the database', nonEmpty)
    .option(...JSON_OPTION)
    .action((processName, { json = false }) => choose({ command: 'match', processName, isJson: json }));
}

function addConfig(program: Program, choose: Choose): void {
  program
    .command('doctor')
    .description('everything an installation needs: fine, or what is wrong and the command that mends it')
    .option('--probe', 'also run the health checks that are commands')
    .option(...JSON_OPTION)
    .action(({ probe = false, json = false }) => choose({ command: 'doctor', probes: probe, isJson: json }));
  const config = program.command('config').description('look at the settings');
  config
    .command('check')
    .description('read and check the settings; every mistake at once')
    .option('--connect', 'also try the database, and each unit, program, user and directory')
    .option(...JSON_OPTION)
    .action(({ connect = false, json = false }) =>
      choose({ command: 'config_check', connects: connect, isJson: json }),
    );
  config
    .command('show')
    .description('the settings in force, each with where it came from')
    .option(...JSON_OPTION)
    .action(({ json = false }) => choose({ command: 'config_show', isJson: json }));
}

const ALARM_CHANGES = [
  ['raise', 'raise', 'put processes in alarm'],
  ['clear', 'clear', 'take alarms away'],
  ['ack', 'acknowledge', 'acknowledge alarms: hands off'],
] as const;

function addAlarm(program: Program, choose: Choose): void {
  const alarm = program.command('alarm').description('the alarm table by hand; alone on a terminal: a menu');
  alarm.command('menu', { hidden: true }).action(() => choose({ command: 'alarm_menu' }));
  alarm
    .command('list')
    .description('every process of this host')
    .option(...JSON_OPTION)
    .action(({ json = false }) => choose({ command: 'alarm_list', isJson: json }));
  for (const [word, action, description] of ALARM_CHANGES) {
    const command = alarm
      .command(word)
      .description(description)
      .argument('[names...]', 'names or ids')
      .option('--all', 'every process of this host')
      .option('--yes', 'do not ask back')
      .action((targets, { all = false, yes = false }) => {
        if (all === targets.length > 0) command.error('error: name one or more processes, or --all');
        choose({ command: 'alarm_change', action, targets, isAll: all, isAgreed: yes });
      });
  }
  addAlarmRandom(alarm, choose);
}

function addAlarmRandom(alarm: Pick<Program, 'command'>, choose: Choose): void {
  const command = alarm
    .command('random')
    .description('raise alarms at random until Ctrl-C')
    .option('--min-delay <seconds>', 'shortest pause', seconds, 10)
    .option('--max-delay <seconds>', 'longest pause', seconds, 30)
    .option('--max-at-once <number>', 'most alarms raised together', count, 2)
    .option('--count <rounds>', 'end after so many rounds', count)
    .action(({ minDelay, maxDelay, maxAtOnce, count: rounds = null }) => {
      if (minDelay > maxDelay) command.error('error: --min-delay is more than --max-delay');
      const [minDelayMs, maxDelayMs] = [minDelay * 1000, maxDelay * 1000];
      choose({ command: 'alarm_random', minDelayMs, maxDelayMs, mostAtOnce: maxAtOnce, rounds });
    });
}

function addBreaker(program: Program, choose: Choose): void {
  const breaker = program.command('breaker').description('look at circuit breakers, hold them or free them');
  breaker
    .command('list')
    .description('every breaker that is not at rest')
    .option(...JSON_OPTION)
    .action(({ json = false }) => choose({ command: 'breaker_list', isJson: json }));
  for (const wish of ['reset', 'isolate'] as const) {
    breaker
      .command(wish)
      .description(wish === 'reset' ? 'close it, all its counters at zero' : 'hold it open until it is reset')
      .argument('<name>', 'process as in the database', nonEmpty)
      .option(...REASON_OPTION, nonEmpty)
      .action((processName, { reason: why = null }) => choose({ command: 'breaker_set', wish, processName, why }));
  }
}

function addGrant(program: Program, choose: Choose): void {
  const command = program
    .command('grant')
    .description('give the monitor the right to restart what the settings name; for root')
    .option('--dry-run', 'show every file as it would be, change nothing')
    .option('--check', 'say how far the files are from the settings, change nothing')
    .option('--remove', 'take every such file away')
    .option(...JSON_OPTION)
    .action(({ dryRun = false, check = false, remove = false, json = false }) => {
      const asked = [dryRun, check, remove].filter(Boolean).length;
      if (asked > 1) command.error('error: only one of --dry-run, --check and --remove');
      const mode = dryRun ? 'dry_run' : check ? 'check' : remove ? 'remove' : 'write';
      choose({ command: 'grant', mode, isJson: json });
    });
}

function addMigrate(program: Program, choose: Choose): void {
  program
    .command('migrate')
    .description('let the tables count every raise of an alarm, and make our own; for a person with rights')
    .option('--print', 'show the SQL, run nothing')
    .option('--revert', 'take everything away again')
    .option('--visible', 'add the column also where the server cannot hide it')
    .option('--user <name>', 'log in as another than the settings say', nonEmpty)
    .option('--password-file <file>', 'where the password of that user is', nonEmpty)
    .action(({ print = false, revert = false, visible = false, user = null, passwordFile = null }) =>
      choose({
        command: 'migrate',
        direction: revert ? 'revert' : 'migrate',
        isDryRun: print,
        mayBeVisible: visible,
        user,
        passwordFile,
      }),
    );
}
