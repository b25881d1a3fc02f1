/** Units that write down each of their own starts: restarts are counted by what has run, not by what the monitor says. */
import type { MonitoredMachine } from './monitored-machine.js';

/** Commands of the monitor that count starts must be able to write here. */
export const COUNTS_DIRECTORY = '/var/lib/counted-units';

export interface CountedUnitOptions {
  /** Shell that runs in each start before the program does. */
  readonly before?: string;
  /** Further lines of `[Service]`. */
  readonly service?: string;
}

/** A unit whose program just runs; each start appends a line with the time to the file of that name. */
export function countedUnit({ before = ':', service = '' }: CountedUnitOptions = {}): string {
  return `[Service]
StateDirectory=counted-units
StateDirectoryMode=0777
ExecStartPre=/bin/sh -c 'date +%%s.%%N >>${COUNTS_DIRECTORY}/%n; ${before}'
ExecStart=/bin/sleep infinity
${service}
`;
}

/** A shell line that counts as one start of `name`; for unit files and settings, where `%%` stands for a percent sign. */
export function countLine(name: string): string {
  return `mkdir -p ${COUNTS_DIRECTORY} && date +%%s.%%N >>${COUNTS_DIRECTORY}/${name}.service`;
}

/** When each start was, milliseconds since the epoch. */
export async function startsOf({ machine }: MonitoredMachine, name: string): Promise<readonly number[]> {
  const text = await machine.must(`cat ${COUNTS_DIRECTORY}/${name}.service 2>/dev/null || :`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number(line) * 1000);
}

export async function forgetStarts({ machine }: MonitoredMachine): Promise<void> {
  await machine.must(`rm -f ${COUNTS_DIRECTORY}/*`);
}
