/** The keys of `[database]`, `[logging]`, `[host]` and `[self_recovery]`. */
import { key, optional, type KeyTable } from './key.js';
import { LOG_LEVELS } from './settings.js';
import { addresses, choice, kilobytes, path, secret, seconds, text, webAddress, wholeNumber } from './value-types.js';

export const DATABASE_KEYS = {
  engine: key(
    choice(['mysql', 'sqlite']),
    'mysql',
    'Where the tables are: a MySQL or MariaDB server, or an SQLite file.',
  ),
  host: key(addresses(), 'localhost', 'The server; a list is tried in this order.'),
  port: key(wholeNumber(1, 65_535), '3306', 'Port of every host that names none itself.'),
  socket: optional(path(), "The server's unix socket; wins over `host`. With a socket login no password is needed."),
  user: optional(text(128), 'User of the database; required for mysql.'),
  password: optional(
    secret(),
    'Better kept out of this file; docs/settings.md says where else. Taken literally, to the end of the line.',
  ),
  password_file: optional(path(), 'File whose only line is the password; refused when others may read it.'),
  database: optional(text(64), 'Name of the database; required for mysql.'),
  path: optional(path(), 'The file, for sqlite; required there. Created with its two tables where it is missing.'),
  ssl: key(
    choice(['off', 'required', 'verify']),
    'off',
    'Encryption: none, encrypted, or encrypted with the name and certificate of the server proved.',
  ),
  ssl_ca: optional(path(), "Certificates that sign the server's; without it the usual public ones count."),
  ssl_cert: optional(path(), 'Our certificate, where the server asks for one.'),
  ssl_key: optional(path(), 'Key of our certificate.'),
  connect_timeout: key(seconds(1, 300), '5', 'Longest wait for a connection.'),
  query_timeout: key(seconds(1, 3600), '10', 'Longest wait for an answer.'),
  pool_size: key(wholeNumber(1, 64), '4', 'Most connections at once.'),
  write_back: key(
    choice(['auto', 'always', 'never']),
    'auto',
    'Whether alarms are cleared: where the rights allow it, always (without the rights that is an error), or never.',
  ),
  claims: key(
    choice(['auto', 'off']),
    'auto',
    'Whether a row is marked before its process is restarted, so that an alarm raised again meanwhile is seen: by the sequence column where `migrate` has made one, else by a mark in `notes`.',
  ),
  own_database: optional(
    text(64),
    "Database of the monitor's own tables, which `migrate` makes; without it they are beside the alarms.",
  ),
} satisfies KeyTable;

export const LOGGING_KEYS = {
  directory: key(path(), '/var/log/process-monitor', 'Directory of the log, and of nothing else.'),
  level: key(choice(LOG_LEVELS), 'info', 'The least important lines that are written.'),
  format: key(choice(['json', 'text']), 'json', 'One JSON object per line, or text for people.'),
  console: key(
    choice(['auto', 'on', 'off']),
    'auto',
    'Whether standard error gets the lines too; `auto`: on a terminal and under the journal.',
  ),
  max_log_size: key(kilobytes(1, 1_048_576), '5120', 'Size at which a new log file begins.'),
  log_files_to_keep: key(wholeNumber(1, 1000), '5', 'Log files that are kept, the current one included.'),
} satisfies KeyTable;

export const HOST_KEYS = {
  host_id: optional(
    wholeNumber(0, 4_294_967_295),
    'Only rows with this `host_id` are ours; without it rows of every host are.',
  ),
  ownership: key(
    choice(['auto', 'off']),
    'auto',
    'Whether one of several monitors of the same rows is their owner: by the lease that `migrate` has made room for, else by a lock of the server where that can be trusted; off: all of them act.',
  ),
  standby: key(
    choice(['wait', 'exit']),
    'wait',
    'What a monitor does while another one is the owner: wait to take over, or end.',
  ),
  lease_time: key(
    seconds(3, 300),
    '15',
    'After this long without a sign of life of the owner another monitor takes over.',
  ),
} satisfies KeyTable;

export const SELF_RECOVERY_KEYS = {
  heartbeat_file: optional(
    path(),
    'Rewritten in each cycle with the time in epoch seconds, for watchdogs of your own.',
  ),
  dead_man_url: optional(
    webAddress(),
    'Address that is asked for after good cycles, so that somebody else notices when the monitor falls silent.',
  ),
  dead_man_interval: key(seconds(1, 86_400), '60', 'Least time between two such requests.'),
} satisfies KeyTable;
