/** The keys of `[process.default]` and `[process.NAME]`. */
import { STRATEGY_NAMES } from '../domain/process-policy.js';
import { key, optional, ownSectionOnly, type KeyTable } from './key.js';
import { LIMIT_KEYS } from './keys-monitor.js';
import {
  choice,
  command,
  factor,
  flag,
  memorySize,
  path,
  portOrAddress,
  seconds,
  statusRange,
  systemName,
  text,
  userName,
  variables,
  webAddress,
  wholeNumber,
} from './value-types.js';

const HOW_KEYS = {
  restart_strategy: key(
    choice(STRATEGY_NAMES),
    'auto',
    'How it is restarted: as a unit of systemd, as a program, by a command of yours, or as a unit where there is one and else as a program.',
  ),
  system_name: ownSectionOnly(optional(systemName(), 'Unit or executable, where it is not called as in the database.')),
  restart_command: optional(
    command(),
    'Shell line that restarts it; wins over every strategy. `%s`: system name, `%d`: its working directory.',
  ),
  start_command: optional(command(), 'Command line that starts the program, for the strategy `process`.'),
  pre_restart_command: optional(
    command(),
    'Shell line that runs once before the first attempt; when it fails nothing is restarted.',
  ),
  max_attempts: key(wholeNumber(1, 100), '2', 'Restarts within one handling of an alarm.'),
  restart_delay: key(seconds(0, 3600), '2', 'Pause between two attempts.'),
  restart_delay_multiplier: key(factor(1, 10), '1', 'Each further pause is this many times longer.'),
  restart_delay_max: key(
    seconds(0, 86_400),
    '300',
    'Longest pause. Where only a longer `restart_delay` is set, this grows with it.',
  ),
  command_timeout: key(seconds(1, 86_400), '60', 'Longest run of any one command, and of a restart by systemd.'),
  stop_timeout: key(seconds(1, 3600), '10', 'From asking the program to end (TERM) to ending it (KILL).'),
} satisfies KeyTable;

const PROOF_KEYS = {
  health_check_command: optional(command(), 'Shell line; well when it exits 0.'),
  health_check_url: optional(webAddress(), 'Address to ask; well when the status and the text fit.'),
  health_check_status: key(statusRange(), '200-399', 'Statuses that mean it is well.'),
  health_check_text: optional(text(1000), 'What the answer must contain.'),
  health_check_port: optional(portOrAddress(), 'Well when it accepts a TCP connection; without a host on 127.0.0.1.'),
  health_check_timeout: key(seconds(1, 86_400), '5', 'How long the checks may take to pass, all together.'),
  health_check_interval: key(seconds(1, 3600), '1', 'From one try to the next.'),
  settle_time: key(seconds(0, 3600), '1', 'From a restart to the first check.'),
  stable_time: key(
    seconds(0, 604_800),
    '300',
    'How long a recovered process is watched before its failures are forgotten; 0: no watch.',
  ),
} satisfies KeyTable;

const PLACE_KEYS = {
  pid_file: ownSectionOnly(
    optional(
      path(),
      'Where the program writes its pid: a hint, never a proof. Where it names another program than the one found, nothing is restarted.',
    ),
  ),
  user: optional(userName(), "User that a program started by the monitor runs as; without it the monitor's own."),
  command_user: optional(
    userName(),
    'User that restart_command and pre_restart_command run as, in units that `grant` makes; without it they run as the monitor does.',
  ),
  start_mode: key(
    choice(['foreground', 'background']),
    'foreground',
    'Whether the program that `start_command` starts stays, or puts itself into the background; for the unit that `grant` makes.',
  ),
  memory_max: optional(memorySize(), 'Most memory of a program that the monitor starts.'),
  cpu_quota: optional(wholeNumber(1, 100_000), 'Most processor time of such a program, in percent of one processor.'),
  tasks_max: optional(wholeNumber(1, 4_194_304), 'Most processes and threads of such a program.'),
  open_files: optional(wholeNumber(16, 1_073_741_816), 'Most open files of such a program.'),
  working_directory: optional(path(), 'Directory that a started program runs in.'),
  environment: optional(
    variables(),
    'Variables of the started program and of the commands. Shown by `config show`: no secrets.',
  ),
  enabled: key(flag(), 'true', 'Whether its alarms are handled at all.'),
  dry_run: key(flag(), 'false', 'Only says what would be done.'),
  allow_protected: key(
    flag(),
    'false',
    'Lets a unit be restarted that is on the protected list, such as sshd or dbus.',
  ),
} satisfies KeyTable;

export const PROCESS_KEYS = { ...HOW_KEYS, ...PROOF_KEYS, ...LIMIT_KEYS, ...PLACE_KEYS } satisfies KeyTable;
