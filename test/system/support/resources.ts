/** What a running daemon takes, looked at from outside again and again: memory, descriptors, connections, files; and how fast it grows. */
import { LOG_DIRECTORY, STATE_FILE, type MonitoredMachine } from './monitored-machine.js';

/** One look. */
export interface Resources {
  /** Milliseconds of the clock at the time of the look. */
  readonly atMs: number;
  /** Resident memory, kB. */
  readonly rss: number;
  readonly threads: number;
  /** Open files and sockets but the file of the memory's changes, which is there between two whole states only. */
  readonly descriptors: number;
  readonly sockets: number;
  /** Of the daemon's user, as the database server counts them. */
  readonly connections: number;
  /** Bytes of the state file. */
  readonly stateBytes: number;
  /** Bytes of everything in the state directory. */
  readonly stateDirectoryBytes: number;
  /** Bytes of everything in the log directory. */
  readonly logBytes: number;
  readonly logFiles: number;
}

export type ResourceName = Exclude<keyof Resources, 'atMs'>;

export const RESOURCE_NAMES: readonly ResourceName[] = [
  'rss',
  'threads',
  'descriptors',
  'sockets',
  'connections',
  'stateBytes',
  'stateDirectoryBytes',
  'logBytes',
  'logFiles',
];

/** A file may be replaced or go between two words of a look; what then is not there counts as nothing. `current.log` is a second name. */
const sumOf = (directory: string): string =>
  `find ${directory} -type f ! -name current.log -printf '%s\\n' 2>/dev/null | awk '{ s += $1; n += 1 } END { print s + 0, n + 0 }'`;

/** Takes one look at the daemon whose main process is `pid`; rejects when that is gone. */
export async function lookAtResources(host: MonitoredMachine, pid: string): Promise<Resources> {
  const line = [
    `awk '/^VmRSS:|^Threads:/ { print $2 }' /proc/${pid}/status`,
    `ls -l /proc/${pid}/fd | awk '/state.changes$/ && !changes++ { next } /->/ { n += 1 } /socket:/ { s += 1 } END { print n + 0, s + 0 }'`,
    `stat -c %s ${STATE_FILE} 2>/dev/null || echo 0`,
    sumOf('/var/lib/process-monitor'),
    sumOf(LOG_DIRECTORY),
  ].join('; ');
  const [text, rows] = await Promise.all([
    host.machine.must(line),
    host.sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'monitor'"),
  ]);
  const words = text.split(/\s+/).map(Number);
  if (words.length !== 9 || words.some(Number.isNaN)) throw new Error(`the daemon ${pid} cannot be seen: ${text}`);
  const [rss = 0, threads = 0, descriptors = 0, sockets = 0, stateBytes = 0, stateDirectoryBytes = 0] = words;
  return {
    ...{ atMs: Date.now(), rss, threads, descriptors, sockets, connections: Number(rows[0]?.[0]) },
    ...{ stateBytes, stateDirectoryBytes, logBytes: words[7] ?? 0, logFiles: words[8] ?? 0 },
  };
}

/** Growth per hour of one resource: the slope of the straight line with the least squares. At least two looks. */
export function slopePerHour(looks: readonly Resources[], name: ResourceName): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  const hours = looks.map(({ atMs }) => atMs / 3_600_000);
  const [meanHours, meanValue] = [mean(hours), mean(looks.map((look) => look[name]))];
  const above = mean(looks.map((look, index) => ((hours[index] ?? 0) - meanHours) * (look[name] - meanValue)));
  return above / mean(hours.map((hour) => (hour - meanHours) ** 2));
}

/** A table for people: slope, least, median and most of each resource. */
export function describeResources(looks: readonly Resources[]): string {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(20) : cell.padStart(12))).join('');
  if (looks.length < 2) return 'too few looks';
  const rows = RESOURCE_NAMES.map((name) => {
    const values = looks.map((look) => look[name]).sort((a, b) => a - b);
    const figures = [values[0], values[Math.floor(values.length / 2)], values.at(-1)].map(String);
    return line([name, slopePerHour(looks, name).toFixed(1), ...figures]);
  });
  return [line(['', 'per hour', 'least', 'median', 'most']), ...rows].join('\n');
}
