/** Configured checks on real services: a unit that runs is not well until its command, its answer and its port say so. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture } from '../fixtures/fixture.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, SLEEPER, type MonitoredMachine } from './support/monitored-machine.js';

const TRACES = '/run/traces';
const PORTS = { web: 8081, wrong: 8082, port: 8083, all: 8084, moved: 8085 } as const;

const server = (name: keyof typeof PORTS): string =>
  `[Service]\nExecStart=${process.execPath} ${fixture('web-server.mjs')} ${PORTS[name]} ${TRACES}/${name}.answer\n`;

const PROCESSES = `
[process.default]
restart_strategy = service
max_attempts = 1
max_restart_failures = 1
circuit_reset_time = 600
settle_time = 0
health_check_timeout = 3
health_check_interval = 1
stable_time = 0

[process.by-command]
health_check_timeout = 20
health_check_command = echo "%s by $PROCESS_NAME" >>${TRACES}/asked; test -e ${TRACES}/"$SYSTEM_NAME".well

[process.by-command-failing]
health_check_command = echo 'queue is stuck' >&2; exit 7

[process.by-command-hanging]
health_check_command = sleep 1000

[process.web]
health_check_timeout = 20
health_check_url = http://127.0.0.1:${PORTS.web}/ping?key=k1
health_check_text = all is well

[process.wrong]
health_check_timeout = 8
health_check_url = http://127.0.0.1:${PORTS.wrong}/ping
health_check_status = 200-299
health_check_text = all is well

[process.moved]
health_check_timeout = 8
health_check_url = http://127.0.0.1:${PORTS.moved}/ping
health_check_status = 200-299

[process.port]
health_check_timeout = 20
health_check_port = ${PORTS.port}

[process.no-port]
health_check_port = 127.0.0.1:9

[process.all]
health_check_timeout = 20
health_check_command = test -e ${TRACES}/all.answer
health_check_url = http://127.0.0.1:${PORTS.all}/
health_check_status = 204
health_check_port = ${PORTS.all}
`;

const SERVERS = ['web', 'wrong', 'moved', 'port', 'all'] as const;
const SLEEPERS = ['by-command', 'by-command-failing', 'by-command-hanging', 'no-port'];
const NAMES = [...SERVERS, ...SLEEPERS];
const id = (name: string): number => NAMES.indexOf(name) + 1;

describeOnMachine('a configured health check', () => {
  let host: MonitoredMachine;

  const answer = (name: keyof typeof PORTS, text: string): Promise<void> =>
    host.machine.write(`${TRACES}/${name}.answer`, text);
  const failureOf = async (name: string): Promise<string> => {
    const [ended] = await host.waitForEvent('restart.ended', { processName: name });
    expect(ended).toMatchObject({ outcome: 'still_unhealthy', level: 'error' });
    expect((await host.row(id(name))).alarma).toBe('1');
    return ended?.detail ?? '';
  };

  beforeAll(async () => {
    const units = [
      ...SERVERS.map((name) => [`${name}.service`, server(name)]),
      ...SLEEPERS.map((name) => [`${name}.service`, SLEEPER]),
    ];
    host = await bootMonitored({
      name: 'health',
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0',
      units: Object.fromEntries(units) as Record<string, string>,
      writable: [TRACES],
    });
    await host.addProcesses(NAMES);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('by command passes once it exits 0, asked again and again until its time is over', async () => {
    await host.raise(id('by-command'));
    const asked = async (): Promise<readonly string[]> =>
      (await host.machine.read(`${TRACES}/asked`)).trimEnd().split('\n');
    await host.machine.waitFor(async () => (await asked()).length >= 2, { what: 'a second question' });
    expect((await host.row(id('by-command'))).alarma).toBe('1');
    await host.machine.write(`${TRACES}/by-command.well`, '');
    await host.waitUntilClear(id('by-command'));
    expect(new Set(await asked())).toEqual(new Set(['by-command by by-command']));
  });

  it('by command, URL and port waits for a service that is slow to answer', async () => {
    await answer('web', '200 here all is well today');
    await answer('port', '500 it does not matter');
    await answer('all', '204');
    await host.raise(id('web'), id('port'), id('all'));
    for (const name of ['web', 'port', 'all']) {
      await host.waitUntilClear(id(name));
      const [ended] = await host.waitForEvent('restart.ended', { processName: name });
      expect(ended).toMatchObject({ outcome: 'recovered' });
      // The server listens one second after its start.
      expect(ended?.durationMs).toBeGreaterThanOrEqual(1_000);
    }
    const log = JSON.stringify(await host.events('health.checked', 'all'));
    expect(log).toContain(`state of the unit, test -e ${TRACES}/all.answer, http://127.0.0.1:${PORTS.all}/`);
  });

  it('that never passes leaves the alarm, and the log says what it saw', async () => {
    await answer('wrong', '200 but nothing is right');
    await answer('moved', '302 all is well');
    const failing = ['wrong', 'moved', 'no-port', 'by-command-failing', 'by-command-hanging'];
    await host.raise(...failing.map(id));
    expect(await failureOf('wrong')).toMatch(/all is well/);
    expect(await failureOf('moved')).toMatch(/302/);
    expect(await failureOf('no-port')).toContain('127.0.0.1:9: connection refused');
    expect(await failureOf('by-command-failing')).toMatch(/exited 7 .*queue is stuck/s);
    expect(await failureOf('by-command-hanging')).toContain('timed out');
    expect((await host.machine.sh(`pgrep -f '^sleep 1000$'`)).code).toBe(1);
    for (const name of failing) expect(await host.show(name, 'ActiveState')).toBe('active');
  });
});
