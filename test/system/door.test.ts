/** Who may have the installed monitor act: root, an operator, one of its group who is none, a stranger, its own user. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, LOG_DIRECTORY, SLEEPER, type MonitoredMachine } from './support/monitored-machine.js';

const AUDIT_LOG = `${LOG_DIRECTORY}/audit.log`;
const DROP_IN = 'process-monitor.service.d/operators.conf';

describeOnMachine('the door of the installed monitor', () => {
  let host: MonitoredMachine;
  beforeAll(async () => {
    host = await bootMonitored({
      name: 'door',
      monitor: 'operators_group = operators',
      processes: '[process.web]\nrestart_strategy = service\n',
      units: { 'web.service': SLEEPER, [DROP_IN]: '[Service]\nPrivateUsers=no\n' },
    });
    await host.addProcesses(['web']);
    await host.machine.must(
      'groupadd operators && useradd -M -G process-monitor,operators ana && useradd -M -G process-monitor bob && useradd -M eve',
    );
    await host.start();
    // A name that is found late is told with the next act only, and remembered.
    for (const user of ['ana', 'bob', 'process-monitor'])
      await host.machine.waitFor(() => isKnown(user), { what: user });
  });
  afterAll(() => host.machine.stop());

  const as = (user: string, args: string): ReturnType<MonitoredMachine['cli']> =>
    host.machine.sh(`setpriv --reuid ${user} --regid ${user} --init-groups process-monitor ${args}`);
  const lastRecord = async (): Promise<unknown> => JSON.parse(await host.machine.must(`tail -n 1 ${AUDIT_LOG}`));
  const isKnown = async (user: string): Promise<boolean> => {
    await as(user, 'breaker reset web');
    return (await host.machine.must(`tail -n 1 ${AUDIT_LOG}`)).includes(`"user":"${user}"`);
  };

  it('opens for an operator, and records who it was, what and why', async () => {
    expect(await as('ana', 'breaker isolate web --reason "until tomorrow"')).toMatchObject({ code: 0 });
    expect(await lastRecord()).toMatchObject({
      user: 'ana',
      from: 'socket',
      what: 'breaker_isolate',
      target: 'web',
      why: 'until tomorrow',
      result: 'done',
    });
  });

  it('opens for root', async () => {
    expect(await host.cli('breaker reset web')).toMatchObject({ code: 0 });
    expect(await lastRecord()).toMatchObject({ uid: 0, user: 'root', what: 'breaker_reset', result: 'done' });
  });

  it('stays shut for a member of its group who is no operator; who it was is recorded', async () => {
    const refused = await as('bob', 'breaker isolate web');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('members of group operators') as string });
    expect(await lastRecord()).toMatchObject({ user: 'bob', what: 'breaker_isolate', result: 'not_allowed' });
    expect((await host.cli('breaker list')).stdout).not.toContain('held open');
  });

  it('cannot even be reached by a stranger', async () => {
    expect(await as('eve', 'breaker isolate web')).toMatchObject({ code: 1 });
    expect(await lastRecord()).toMatchObject({ user: 'bob' });
  });

  it('lets its own user have it reload, and nothing else', async () => {
    expect(await as('process-monitor', 'breaker isolate web')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('may only reload') as string,
    });
    await as('process-monitor', 'reload');
    expect(await lastRecord()).toMatchObject({ user: 'process-monitor', what: 'reload', phase: 'result' });
    expect(await lastRecord()).not.toMatchObject({ result: 'not_allowed' });
  });

  it('leaves no proof behind, and an audit log that only its user and group may read', async () => {
    expect(await host.machine.must('ls -A /run/process-monitor/proof')).toBe('');
    expect(await host.machine.must(`stat -c '%U %a' ${AUDIT_LOG}`)).toContain('process-monitor 640');
  });

  it('knows root alone where its unit hides the users, says so at the start and to who asks', async () => {
    await host.machine.must(`rm /etc/systemd/system/${DROP_IN} && systemctl daemon-reload`);
    await host.machine.must('systemctl restart process-monitor');
    const warnings = await host.waitForEvent('monitor.warned');
    expect(warnings.map(({ message }) => message)).toContainEqual(expect.stringContaining('PrivateUsers=no'));
    const refused = await as('ana', 'breaker isolate web');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('PrivateUsers=no') as string });
    expect(await host.cli('breaker isolate web')).toMatchObject({ code: 0 });
  });

  it('opens for nobody while the disk of the audit log is full', async () => {
    await host.machine.must('systemctl stop process-monitor');
    await host.machine.must(
      `mount -t tmpfs -o size=64k,mode=750,uid=process-monitor,gid=process-monitor tmpfs ${LOG_DIRECTORY}`,
    );
    await host.start();
    await host.machine.sh(`head -c 1M /dev/zero >${LOG_DIRECTORY}/filler`);
    const refused = await host.cli('breaker reset web');
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('audit log cannot be written') as string,
    });
    await host.machine.must(`rm ${LOG_DIRECTORY}/filler`);
    expect(await host.cli('breaker reset web')).toMatchObject({ code: 0 });
  });
});
