/** The keys of `[monitor]`, and those of it that a process section can set for itself. */
import { key, optional, type KeyTable } from './key.js';
import { choice, factor, flag, path, seconds, userName, wholeNumber } from './value-types.js';

/** Stand in `[monitor]` for all processes, and in `[process.default]` and `[process.NAME]` for some. */
export const LIMIT_KEYS = {
  max_restart_failures: key(wholeNumber(1, 1000), '3', 'Failed handlings in a row that open the circuit breaker.'),
  circuit_reset_time: key(
    seconds(1, 604_800),
    '300',
    'How long an open breaker holds restarts back before it lets one trial through.',
  ),
  circuit_reset_multiplier: key(factor(1, 10), '2', 'Each failed trial makes the next wait this many times longer.'),
  circuit_reset_max: key(
    seconds(1, 604_800),
    '14400',
    'Longest such wait. Where only a longer `circuit_reset_time` is set, this grows with it.',
  ),
  restart_budget: key(wholeNumber(0, 10_000), '10', 'Most restarts of one process within the window; 0: no limit.'),
  restart_budget_window: key(
    seconds(1, 604_800),
    '3600',
    "The window of the budget; in `[monitor]` of the host's too.",
  ),
  watch_units: key(
    flag(),
    'false',
    'Where the unit of a process with a section fails and no alarm is raised for it, the monitor raises it in the table itself.',
  ),
} satisfies KeyTable;

export const MONITOR_KEYS = {
  check_interval: key(seconds(1, 86_400), '30', 'From one look at the database to the next.'),
  ...LIMIT_KEYS,
  max_parallel_restarts: key(wholeNumber(1, 256), '32', 'Most processes that are handled at the same time.'),
  host_restart_budget: key(
    wholeNumber(0, 100_000),
    '0',
    'Most restarts of all processes together within `restart_budget_window`; 0: no limit.',
  ),
  mass_alarm_percent: key(
    wholeNumber(0, 100),
    '50',
    'With more than this share of the processes in alarm at once, restarts are held for one more look; 0: never.',
  ),
  mass_alarm_min: key(wholeNumber(1, 100_000), '5', 'The least number of alarms for that.'),
  startup_grace: key(seconds(0, 86_400), '60', 'After the machine has booted nothing is restarted for this long.'),
  shutdown_grace: key(seconds(0, 3600), '60', 'What a stop of the monitor leaves to handlings under way.'),
  unlisted_processes: key(
    choice(['auto', 'default', 'ignore']),
    'auto',
    'Processes without a section: by `[process.default]` where the file has it, always by it, or never touched.',
  ),
  unit_manager: key(
    choice(['auto', 'dbus', 'systemctl']),
    'auto',
    'The way to systemd: over D-Bus where the bus answers and else by the command `systemctl`, or by one of them alone.',
  ),
  shell: key(path(), '/bin/sh', 'Shell that runs the command lines.'),
  state_dir: key(path(), '/var/lib/process-monitor', 'Directory of what the monitor must remember.'),
  operators_group: optional(
    userName(),
    'Group whose members may restart processes and set breakers through the running monitor; without it root alone may.',
  ),
  run_directory: key(path(), '/run/process-monitor', 'Directory of the control socket.'),
} satisfies KeyTable;
