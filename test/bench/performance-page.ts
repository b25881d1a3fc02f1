/** Makes docs/performance.md of a run: nothing is said there that the run has not measured. */
import { summaryOf, isMet, median, type Figure } from './figures.js';
import { allFigures, aimText, ratioText, shown, type PartReport, type Report } from './report.js';

/** Heading and what the figures mean to an operator, by part. */
const PARTS: Readonly<Record<string, readonly [heading: string, words: string]>> = {
  'one-alarm': [
    'One alarm',
    `From the look that finds the alarm to its reset, as the database server logs both, without a settle time. What comes before is the
wait for the next look, up to one \`check_interval\`. Bare: the call to systemd over a connection that is open, and the two statements,
begun after as long a wait: in a machine at rest everything takes longer at first, for whoever begins.`,
  ],
  storm: [
    'A storm',
    `So many units in alarm at the same moment, the brake for mass alarms and the settle time turned off: as shipped the brake holds them for
one more look, and each waits its \`settle_time\` before its check. Bare: the same units with nothing else, begun in a machine as much at rest; the best of the ways is the limit. Processor
time is of each service with all that it starts.`,
  ],
  neighbour: [
    'A slow neighbour',
    `What handlings that hang add to the alarm of somebody else, with \`max_parallel_restarts\` as shipped. A hanging command or check ends after
5 s here.`,
  ],
  idle: [
    'Idle',
    `Nothing is in alarm. The cells run side by side, each with tables of its own; processor time is of the service with all that it starts. A day
and an hour at 30 s are reckoned from the seconds that were measured.`,
  ],
  memory: [
    'Memory',
    `Resident is what the kernel has mapped for the process; of what it shares with others proportional memory counts its share alone. Here it
shares next to nothing: it runs from a Node of its own, as on a host with no other Node; beside others it holds less. Processes
known have rows in the table and sections in the settings.`,
  ],
  start: ['Start', 'From the moment the kernel begins to run the program.'],
  peers: [
    'Beside others',
    `A killed process, and how long until it is back. The others notice by themselves that a process has died; this daemon is told by an alarm in the
table, raised at the moment of the kill, and waits for its next look. It alone proves that the process is well before it says so.`,
  ],
  recovery: ['Recovery', 'The database has been away, and an alarm is in the table when it returns.'],
  watch: [
    'A failure without an alarm',
    `A unit's program is killed and nobody raises its alarm; with \`watch_units\` the monitor does. From the moment in which systemd itself takes the
unit for failed; each time the machine has been at rest.`,
  ],
};

export function performancePage(report: Report): string {
  const all = allFigures(report);
  const blocks = [
    '# Performance',
    introduction(report),
    '## In short',
    inShort(all).join('\n'),
    '## Aims',
    aims(all),
    ...report.parts.flatMap((part) => section(part)),
    '## Measure it yourself',
    `\`npm run bench\` as root: it boots machines of its own and leaves nothing behind. \`npm run bench -- storm idle\` runs single parts, \`--quick\`
does with fewer rounds, \`--json FILE\` keeps the figures, and \`--write\` makes this page.`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function introduction({ day, quick, seconds, machine }: Report): string {
  const { processor, cores, memoryGb, kernel, systemd, mariadb, node, load } = machine;
  return `Made by \`npm run bench -- --write\` from docs/performance.json: every figure below was measured on ${day} in one run of
${Math.round(seconds / 60)} minutes${quick ? ' (the quick form, of few rounds)' : ''}, the limits in turns with the daemon.

The machine: ${processor}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}, systemd ${systemd}, MariaDB ${mariadb}, Node ${node}; load average
at the start ${load}. systemd and the database run in namespaces of the same host. The daemon is installed by its own installer, runs as its own user in its
sandbox and acts through polkit. Absolute figures depend on the machine, and on what else it does; the ratios are meant. A limit is what
the same work costs with nothing around it.`;
}

/** Sentences about what was measured; one whose figure is missing is left out. */
function inShort(all: readonly Figure[]): readonly string[] {
  const of = (id: string): number | null => {
    const found = all.find((each) => each.id === id);
    return found === undefined ? null : median(found.samples);
  };
  const line = (ids: readonly string[], text: (...values: readonly string[]) => string): readonly string[] => {
    const values = ids.map(of);
    return values.some((value) => value === null) ? [] : [`- ${text(...values.map((value) => shown(value ?? 0)))}`];
  };
  return [
    ...line(
      ['one-alarm.daemon', 'one-alarm.limit'],
      (ours, bare) =>
        `One alarm is handled in ${ours} ms once it is seen; the restart and two statements alone take ${bare} ms.`,
    ),
    ...line(
      ['storm-100.shipped', 'storm-100.daemon.cpu.the-daemon'],
      (hundred, cpu) =>
        `A hundred services down at once are restarted, verified and written back in ${hundred} ms; each takes ${cpu} ms of the daemon’s processor time.`,
    ),
    ...line(['storm-500.shipped'], (many) => `Five hundred take ${many} ms.`),
    ...line(
      ['neighbour.command-20', 'neighbour.check-20'],
      (commands, checks) =>
        `Twenty hanging restart commands delay another alarm by ${commands} ms, twenty hanging health checks by ${checks} ms; below zero is scatter.`,
    ),
    ...line(
      ['idle.core', 'idle.day', 'idle.programs'],
      (core, day, programs) =>
        `With nothing to do it takes ${core} % of a core at a look each second, ${day} s of processor time a day at one every 30 s, and starts ${programs} programs.`,
    ),
    ...line(
      ['memory.start.10.10', 'memory.handled', 'memory.limit'],
      (start, later, bare) =>
        `It holds ${start} MB after its start and ${later} MB after thousands of handlings; a bare Node with the same packages holds ${bare} MB.`,
    ),
    ...line(
      ['start.cycle', 'start.status'],
      (cycle, status) => `Its first look is over ${cycle} ms after its start; \`status\` answers in ${status} ms.`,
    ),
  ];
}

function aims(all: readonly Figure[]): string {
  const aimed = all.filter(({ aim }) => aim !== null);
  const rows = aimed.map((each) => {
    const limit = all.find(({ id }) => id === each.limit);
    const bare = limit === undefined ? '' : `${shown(median(limit.samples))} ${limit.unit}`;
    const [goal, verdict] = aimText(each, all).split(': ');
    const reached = `${shown(median(each.samples))} ${each.unit}`.trim();
    return row([
      each.what,
      reached,
      bare,
      ratioText(each, all),
      goal ?? '',
      verdict === 'met' ? 'met' : `**${verdict ?? ''}**`,
    ]);
  });
  const met = aimed.filter((each) => isMet(each, all) === true).length;
  const header = [row(['figure', 'median', 'limit', 'ratio', 'aim', '']), '|---|---|---|---|---|---|'];
  return [`${met} of ${aimed.length} are met.`, '', ...header, ...rows].join('\n');
}

function section({ name, figures, notes }: PartReport): readonly string[] {
  const [heading, words] = PARTS[name] ?? [name, ''];
  const rows = figures.map((each) => {
    const { least, median: middle, most } = summaryOf(each.samples);
    const unit = each.unit === '' ? each.what : `${each.what}, ${each.unit}`;
    return row([unit, shown(least), shown(middle), shown(most), `${each.samples.length}`, ratioText(each, figures)]);
  });
  const table = [row(['', 'min', 'median', 'max', 'times', 'to its limit']), '|---|---|---|---|---|---|', ...rows].join(
    '\n',
  );
  const missing = notes.length === 0 ? [] : [`Not measured: ${notes.join('; ')}.`];
  return [`## ${heading}`, words, table, ...missing];
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
