/** Rows that a stranger or an accident has written: nothing is done on their word, each is told once, the others go on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { invocations } from './support/footprints.js';
import { bootMonitored, LOG_DIRECTORY, type LogLine, type MonitoredMachine } from './support/monitored-machine.js';

const TRACES = '/run/traces';

const COUNTED = `[Service]
ExecStartPre=/bin/sh -c 'echo started >>${TRACES}/%n'
ExecStart=/bin/sleep infinity
`;

/** Name in the database, and why the row is left alone where `[process.default]` would handle it. */
const HOSTILE = [
  ['*', 'invalid_name'],
  ['--help', 'invalid_name'],
  ['--host=127.0.0.1', 'invalid_name'],
  ['poweroff.target', 'protected'],
  ['../x', 'invalid_name'],
  ['a b; touch /tmp/x', 'invalid_name'],
  ['$(touch /tmp/x)', 'invalid_name'],
  ['x\nMAINPID=1\u001b[2J', 'invalid_name'],
  ['process-monitor', 'protected'],
  ['', 'invalid_name'],
  ['n'.repeat(255), 'invalid_name'],
  ['🙂', 'invalid_name'],
] as const;

const FIRST_HOSTILE = 10;
const NAMELESS = FIRST_HOSTILE + HOSTILE.length;
const IDS = Array.from({ length: HOSTILE.length + 1 }, (_, index) => FIRST_HOSTILE + index);
const TIMES = 'settle_time = 0\nstable_time = 0';

describeOnMachine('a hostile row', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    const units = { 'honest.service': COUNTED, 'watch.service': COUNTED };
    host = await bootMonitored({ name: 'hostile', units, writable: [TRACES] });
    await host.machine.must(`systemctl start honest watch && chown process-monitor ${TRACES}/*`);
    // What a name that begins with dashes could make of a command line.
    for (const program of ['ssh', 'touch', 'x'])
      await host.machine.write(`/usr/local/sbin/${program}`, `#!/bin/sh\necho "$0 $*" >>${TRACES}/called\n`, 0o755);
    await host.addProcesses(['honest']);
    await host.addProcesses(
      HOSTILE.map(([name]) => name),
      FIRST_HOSTILE,
    );
    await host.sql(
      `INSERT INTO PROCESE VALUES (${NAMELESS}, NULL); INSERT INTO STATUS_PROCESS VALUES (${NAMELESS}, 0, 0, NULL)`,
    );
  });

  afterAll(() => host.machine.stop());

  /** Everything that such a row could have changed, but for the one honest unit and the daemon itself. */
  const surroundings = async (): Promise<unknown> => {
    const files = await host.machine.must(`ls -A / /tmp /srv /var/tmp ${TRACES}`);
    const units = await invocations(host.machine);
    return { files, units: { ...units, 'honest.service': 'any', 'process-monitor.service': 'any' } };
  };
  const startsOfHonest = async (): Promise<number> =>
    Number(await host.machine.must(`grep -c started ${TRACES}/honest.service`));
  const isOfRow = (line: LogLine): boolean => line.processId !== undefined && line.processId >= FIRST_HOSTILE;

  const DEFAULTS = {
    'without a section for it': `[process.honest]\nrestart_strategy = service\n${TIMES}`,
    'where all processes are restarted as units': `[process.default]\nrestart_strategy = service\n${TIMES}`,
    'where all processes are restarted as they are found': `[process.default]\nrestart_strategy = auto\n${TIMES}`,
    'where all processes are restarted by a command': `[process.default]\nrestart_strategy = custom\nrestart_command = echo started >>${TRACES}/%s.service\n${TIMES}`,
  };

  /** Only what has a section can be granted. */
  const withHonest = (processes: string): string =>
    processes.includes('[process.honest]') ? processes : `${processes}\n[process.honest]\n`;

  describe.each(Object.entries(DEFAULTS))('%s', (_, processes) => {
    it('is told in one clear line and nothing else happens, while other rows go on', async () => {
      await host.configure({ processes: withHonest(processes), monitor: 'mass_alarm_percent = 0' });
      await host.raise(1, ...IDS);
      const [before, logged, starts] = [await surroundings(), (await host.log()).length, await startsOfHonest()];
      await host.start();
      await host.waitUntilClear(1);
      await host.raise(1);
      await host.waitUntilClear(1);
      await host.machine.must('systemctl stop process-monitor');
      expect(await startsOfHonest()).toBe(starts + 2);
      expect(await surroundings()).toEqual(before);
      const lines = (await host.log()).slice(logged);
      const told = lines.filter(isOfRow).sort((one, other) => (one.processId ?? 0) - (other.processId ?? 0));
      const isDefault = processes.startsWith('[process.default]');
      // Without a section a name that could be a unit's is simply nobody's business.
      const expected = HOSTILE.map(([, why], index) => [
        FIRST_HOSTILE + index,
        why === 'protected' && !isDefault ? 'unlisted' : why,
      ]);
      expect(told.map(({ processId, reason }) => [processId, reason])).toEqual([...expected, [NAMELESS, 'orphan']]);
    });
  });

  it('cannot break a line of the log, nor act on the terminal of who reads it', async () => {
    const written = `{ cat ${LOG_DIRECTORY}/*.log; journalctl --unit=process-monitor --output=cat --all; }`;
    const name = 'x\\\\nMAINPID=1';
    expect(Number(await host.machine.must(`${written} | grep -c '${name}'`))).toBeGreaterThan(1);
    expect((await host.machine.sh(`${written} | grep -e '^MAINPID' -e "$(printf '\\033')"`)).stdout).toBe('');
  });
});
