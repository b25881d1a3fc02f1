/** The monitor is stopped or killed in the middle of its work: what it has begun is finished or settled by looking, never done twice. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit, countLine, COUNTS_DIRECTORY, forgetStarts, startsOf } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';
import { storedMemory } from './support/stored-memory.js';

/** What the monitor is at with each when it is killed: the step that its memory holds. */
const STEPS = {
  stopping: 'unit',
  settling: 'unit',
  commanding: 'command',
  starting: 'start',
  between: 'start',
  resisting: 'stop',
  preparing: 'pre_restart',
} as const;
const CUT_OFF = Object.keys(STEPS);
/** Only a monitor that is root starts and stops programs outside of units. */
const NEED_ROOT = ['starting', 'between', 'resisting'];
const NAMES = [...CUT_OFF, 'graceful', 'hasty', 'late'];
const id = (name: string): number => NAMES.indexOf(name) + 1;

/** Nothing tells whether it was restarted: it waits until its handling's own time is over. */
const UNSURE = ['commanding'];
const UNSURE_MS = 14_000;
/** That time in settings: command, stop and checks of one attempt. */
const SHORT_HANDLING = 'command_timeout = 11\nstop_timeout = 2\nhealth_check_timeout = 1\nmax_attempts = 1';
const MARKS = '/run/marks';
/** Hangs the first time, and is done at once the next time. */
const hangsOnce = (mark: string): string => `test -e ${MARKS}/${mark} || { touch ${MARKS}/${mark}; sleep 300; }`;

const PROCESSES = `
[process.default]
restart_strategy = service
settle_time = 0
stable_time = 1

[process.settling]
settle_time = 8

[process.commanding]
restart_strategy = custom
restart_command = ${countLine('commanding')}; ${hangsOnce('commanding')}
${SHORT_HANDLING}

[process.starting]
restart_strategy = process
system_name = starting-program
start_command = ${countLine('starting')}; exec /usr/local/bin/starting-program infinity
settle_time = 8

[process.between]
restart_strategy = process
system_name = between-program
start_command = ${countLine('between')}; exec /usr/local/bin/between-program infinity
${SHORT_HANDLING}

[process.resisting]
restart_strategy = process
system_name = resisting-program
start_command = /usr/local/bin/resisting-program
stop_timeout = 6

[process.preparing]
pre_restart_command = ${hangsOnce('preparing')}

[process.stopping]
[process.graceful]
[process.hasty]

[process.late]
pre_restart_command = ${hangsOnce('late')}
`;

const RESISTING = `#!/bin/sh
trap '' TERM
${countLine('resisting').replaceAll('%%', '%')}
while :; do sleep 1000; done
`;

/** Found before the real one: the first start of `between` hangs before systemd hears of it. */
const SYSTEMD_RUN = `#!/bin/sh
case "$*" in *between-program*) ${hangsOnce('between')} ;; esac
exec /usr/bin/systemd-run "$@"
`;

/** Between SIGKILL and the monitor's return lie five seconds: this still stops when it is back. */
const SLOW_STOP = countedUnit({ service: 'ExecStop=/bin/sleep 14' });

function monitorUnderFaults({ asRoot }: { readonly asRoot: boolean }): void {
  const isCovered = (name: string): boolean => asRoot || !NEED_ROOT.includes(name);
  const cutOff = CUT_OFF.filter(isCovered);
  const unsure = UNSURE.filter(isCovered);
  let host: MonitoredMachine;

  const inFlight = async (name: string): Promise<{ readonly step: string | null } | null> => {
    return (await storedMemory(host)).processes[id(name)]?.inFlight ?? null;
  };
  const outcomes = async (name: string): Promise<readonly unknown[]> =>
    (await host.events('restart.ended', name)).map(({ outcome }) => outcome);
  const daemon = (property: string): Promise<string> => host.show('process-monitor', property);
  const waitUntilStopped = (timeoutMs: number): Promise<void> =>
    host.machine.waitFor(async () => (await daemon('ActiveState')) === 'inactive', { what: 'its end', timeoutMs });
  const twoMoreCycles = async (): Promise<void> => {
    const before = await host.events('cycle.completed');
    await host.waitForEvent('cycle.completed', { count: before.length + 2 });
  };

  beforeAll(async () => {
    const slow = countedUnit({ before: 'touch /run/starting; sleep 3' });
    const units = { stopping: SLOW_STOP, settling: countedUnit(), preparing: countedUnit() };
    const others = { graceful: slow, hasty: SLOW_STOP, late: countedUnit() };
    host = await bootMonitored({
      name: 'daemon-faults',
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0\nshutdown_grace = 15',
      asRoot,
      writable: [MARKS, COUNTS_DIRECTORY],
      units: Object.fromEntries(
        Object.entries({ ...units, ...others }).map(([name, text]) => [`${name}.service`, text]),
      ),
    });
    const { machine } = host;
    await machine.must('for name in starting between; do cp /bin/sleep /usr/local/bin/$name-program; done');
    await machine.write('/usr/local/sbin/systemd-run', SYSTEMD_RUN, 0o755);
    await machine.write('/usr/local/bin/resisting-program', RESISTING, 0o755);
    await host.addProcesses(NAMES);
    await machine.must('systemctl start stopping hasty');
    for (const program of ['starting-program 1000', 'between-program 1000', 'resisting-program'])
      await machine.must(`setsid /usr/local/bin/${program} </dev/null >/dev/null 2>&1 &`);
    await machine.waitFor(async () => (await startsOf(host, 'resisting')).length === 1, { what: 'its start' });
    await forgetStarts(host);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('killed in the middle of its handlings settles each by looking, and restarts nothing twice', async () => {
    await host.raise(...cutOff.map(id));
    const steps = cutOff.map((name) => STEPS[name as keyof typeof STEPS]);
    const isInTheMiddle = async (): Promise<boolean> => {
      const now = (await Promise.all(cutOff.map(inFlight))).map((handling) => handling?.step);
      const begun = await Promise.all(
        ['settling', 'starting', 'commanding'].filter(isCovered).map((name) => startsOf(host, name)),
      );
      const hung = await host.machine.sh(
        `cd ${MARKS} && ls ${['between', 'commanding', 'preparing'].filter(isCovered).join(' ')}`,
      );
      return now.join() === steps.join() && begun.every((starts) => starts.length === 1) && hung.code === 0;
    };
    await host.machine.waitFor(isInTheMiddle, { what: 'all to be in the middle' });
    await host.machine.must('systemctl kill -s KILL --kill-whom=main process-monitor');
    await host.waitForEvent('handling.resumed', { count: cutOff.length });
    // It was back in time to look on.
    expect(await host.show('stopping', 'ActiveState')).toBe('deactivating');
    for (const name of cutOff) await host.waitUntilClear(id(name), 40_000);
    expect(await daemon('NRestarts')).toBe('1');

    for (const name of cutOff.filter((each) => each !== 'commanding'))
      expect({ name, starts: (await startsOf(host, name)).length }).toEqual({ name, starts: 1 });
    expect(await startsOf(host, 'commanding')).toHaveLength(2);
    for (const name of unsure) {
      const [began] = await host.events('restart.started', name);
      const restartedMs = (await startsOf(host, name)).at(-1) ?? 0;
      expect(restartedMs - Date.parse(began?.timestamp ?? '')).toBeGreaterThanOrEqual(UNSURE_MS);
    }
  });

  it('tells one end for each handling, also for one that a kill has cut off', async () => {
    // A row is clear before its line is there.
    for (const name of cutOff) {
      const count = unsure.includes(name) ? 2 : 1;
      await host.waitForEvent('restart.ended', { processName: name, count });
    }
    for (const name of ['stopping', 'settling', 'starting', 'between'].filter(isCovered))
      expect(await outcomes(name)).toEqual(['recovered']);
    for (const name of unsure) expect(await outcomes(name)).toEqual(['still_unhealthy', 'recovered']);
    // Nothing of these was restarted yet: they were handled anew.
    for (const name of ['resisting', 'preparing'].filter(isCovered))
      expect(await outcomes(name)).toEqual(['recovered']);
    const ids = (await host.events('restart.ended')).map(({ alarmId }) => alarmId);
    expect(new Set(ids).size).toBe(ids.length);
    expect((await host.machine.sh('pgrep -fx "sleep 300"')).code).toBe(1);
  });

  it('asked to stop finishes the handling under way, and ends well', async () => {
    await host.raise(id('graceful'));
    await host.machine.waitFor(async () => (await host.machine.sh('test -e /run/starting')).code === 0, {
      what: 'its restart to begin',
    });
    await host.machine.must('systemctl stop process-monitor');
    expect([await daemon('Result'), await daemon('ExecMainStatus')]).toEqual(['success', '0']);
    expect((await host.row(id('graceful'))).alarma).toBe('0');
    expect(await outcomes('graceful')).toEqual(['recovered']);
    expect(await inFlight('graceful')).toBeNull();
    await host.start();
    await twoMoreCycles();
    expect(await startsOf(host, 'graceful')).toHaveLength(1);
  });

  it('asked twice ends at once and well, and looks at what it left behind when it is back', async () => {
    await host.raise(id('hasty'));
    await host.machine.waitFor(async () => (await host.show('hasty', 'ActiveState')) === 'deactivating', {
      what: 'its restart to begin',
    });
    const { length: before } = await host.events('monitor.draining');
    await host.machine.must('systemctl stop --no-block process-monitor');
    await host.waitForEvent('monitor.draining', { count: before + 1 });
    await host.machine.must('systemctl kill -s TERM --kill-whom=main process-monitor');
    await waitUntilStopped(8_000);
    expect([await daemon('Result'), await daemon('ExecMainStatus')]).toEqual(['success', '0']);
    expect(await host.show('hasty', 'ActiveState')).toBe('deactivating');
    await host.start();
    await host.waitUntilClear(id('hasty'));
    expect(await startsOf(host, 'hasty')).toHaveLength(1);
  });

  it('asked once ends well when its grace is used up, and does later what it could not do', async () => {
    await host.raise(id('late'));
    await host.machine.waitFor(async () => (await host.machine.sh(`test -e ${MARKS}/late`)).code === 0, {
      what: 'its preparation to begin',
    });
    await host.machine.must('systemctl stop process-monitor');
    expect([await daemon('Result'), await daemon('ExecMainStatus')]).toEqual(['success', '0']);
    expect(await startsOf(host, 'late')).toHaveLength(0);
    expect((await host.machine.sh('pgrep -fx "sleep 300"')).code).toBe(1);
    await host.start();
    await host.waitUntilClear(id('late'));
    expect(await startsOf(host, 'late')).toHaveLength(1);
  });
}

describeOnMachine('the monitor', () => monitorUnderFaults({ asRoot: false }));
describeOnMachine('the monitor that is root', () => monitorUnderFaults({ asRoot: true }));
