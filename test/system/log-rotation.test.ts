/** The log under a flood of rows: sizes and number of files kept, no line missing, and `tail -F` follows. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, LOG_DIRECTORY, type LogLine, type MonitoredMachine } from './support/monitored-machine.js';

/** Each row in alarm is two lines: found, and left alone because no section names it. */
const FLOOD = 10_000;
const WAVE = 150;
const WAVES = 14;
const MAX_BYTES = 100 * 1024;
const LONGEST_LINE = 1_000;
const HEARD = '/var/tmp/heard';

describeOnMachine('the log', () => {
  let host: MonitoredMachine;

  const setAlarms = (alarma: 0 | 1, last: number): Promise<unknown> =>
    host.sql(`UPDATE STATUS_PROCESS SET alarma = ${alarma} WHERE process_id <= ${last}`);
  /** The files that there are, oldest first. */
  const files = async (): Promise<
    readonly { readonly number: number; readonly bytes: number; readonly mode: string }[]
  > => {
    const text = await host.machine.must(
      `cd ${LOG_DIRECTORY} && stat -c '%n %s %a' process-monitor.*.log | sort -t. -k2 -n`,
    );
    return text.split('\n').map((line) => {
      const [name = '', bytes, mode = ''] = line.split(' ');
      return { number: Number(name.split('.')[1]), bytes: Number(bytes), mode };
    });
  };
  const heard = async (): Promise<readonly LogLine[]> =>
    (await host.machine.read(HEARD))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine);
  const idsOf = (lines: readonly LogLine[], event: string): readonly (number | undefined)[] =>
    lines.filter((line) => line.event === event).map(({ processId }) => processId);

  beforeAll(async () => {
    host = await bootMonitored({ name: 'log', logging: 'max_log_size = 100\nlog_files_to_keep = 3' });
    await host.sql(`INSERT INTO PROCESE SELECT seq, CONCAT('row-', seq) FROM seq_1_to_${FLOOD};
      INSERT INTO STATUS_PROCESS SELECT seq, 0, 0, NULL FROM seq_1_to_${FLOOD}`);
    // On the machine's own root, an overlay, tail would only look every few seconds: it takes that for a network's.
    await host.machine.must(`mkdir -p ${LOG_DIRECTORY} && mount -t tmpfs -o mode=750 tmpfs ${LOG_DIRECTORY}`);
    await host.start();
    await host.waitForEvent('cycle.completed');
  });

  afterAll(() => host.machine.stop());

  it('is followed by tail -F through its rotations, without a line missing', async () => {
    await host.machine.must(`setsid tail -n +1 -F ${LOG_DIRECTORY}/current.log >${HEARD} 2>/dev/null </dev/null &`);
    const wave = Array.from({ length: WAVE }, (_, index) => index + 1);
    for (let round = 1; round <= WAVES; round += 1) {
      await setAlarms(1, WAVE);
      const isHeard = async (): Promise<boolean> => idsOf(await heard(), 'alarm.skipped').length >= WAVE * round;
      await host.machine.waitFor(isHeard, { what: `wave ${round} to be heard` });
      await setAlarms(0, WAVE);
      const isOver = async (): Promise<boolean> => idsOf(await heard(), 'alarm.gone').length >= WAVE * round;
      await host.machine.waitFor(isOver, { what: `the end of wave ${round} to be heard` });
    }
    const lines = await heard();
    for (const event of ['alarm.skipped', 'alarm.gone'])
      expect(idsOf(lines, event)).toEqual(Array.from({ length: WAVES }, () => wave).flat());
    expect((await files()).at(-1)?.number).toBeGreaterThan(8);
  });

  it('keeps three files of 100 KB under 20,000 lines at once, and loses none before its file goes', async () => {
    const before = (await files()).at(-1)?.number ?? 0;
    await setAlarms(1, FLOOD);
    const isOver = async (): Promise<boolean> =>
      (await host.events('cycle.completed')).some(({ alarmed }) => alarmed === FLOOD);
    await host.machine.waitFor(isOver, { what: 'the flood to be over', timeoutMs: 30_000, everyMs: 300 });

    const kept = await files();
    const last = kept.at(-1)?.number ?? 0;
    expect(kept.map(({ number }) => number)).toEqual([last - 2, last - 1, last]);
    for (const { bytes, mode } of kept) {
      expect(bytes).toBeLessThan(MAX_BYTES + LONGEST_LINE);
      expect(mode).toBe('640');
    }
    for (const { bytes } of kept.slice(0, -1)) expect(bytes).toBeGreaterThanOrEqual(MAX_BYTES);
    const log = await host.log();
    const ids = idsOf(log, 'alarm.skipped');
    expect(ids.length).toBeGreaterThan(500);
    expect(ids).toEqual(Array.from(ids, (_, index) => FLOOD - ids.length + 1 + index));
    expect(last - before).toBeGreaterThan(20);
    expect(await host.machine.must(`stat -c %i ${LOG_DIRECTORY}/current.log`)).toBe(
      await host.machine.must(`stat -c %i ${LOG_DIRECTORY}/process-monitor.${last}.log`),
    );
  });

  it('costs the monitor neither its life nor its next cycle', async () => {
    expect(await host.show('process-monitor', 'NRestarts')).toBe('0');
    await setAlarms(0, FLOOD);
    await host.waitForEvent('alarm.gone', { timeoutMs: 20_000 });
    expect(await host.show('process-monitor', 'ActiveState')).toBe('active');
  });
});
