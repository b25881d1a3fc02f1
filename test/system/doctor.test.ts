/** Each thing is broken, `doctor` finds it, the command that it prints is run as it stands, and `doctor` finds it fine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, CONFIG_FILE, SLEEPER, type MonitoredMachine } from './support/monitored-machine.js';

const PROCESSES = `[process.web]
restart_strategy = service
health_check_port = 127.0.0.1:3306
health_check_command = touch /tmp/health-check-ran
`;

interface Seen {
  readonly exitCode: number;
  readonly findings: readonly Finding[];
}

describeOnMachine('doctor', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    host = await bootMonitored({ name: 'doctor', units: { 'web.service': SLEEPER }, processes: PROCESSES });
    await host.machine.must('mariadb monitor -e "CREATE INDEX idx_alarma ON STATUS_PROCESS (alarma)"');
    await host.addProcesses(['web']);
    await host.machine.must('systemctl start web && systemctl enable process-monitor 2>/dev/null');
    await host.start();
    await host.waitForEvent('cycle.completed');
  });

  afterAll(() => host.machine.stop());

  async function doctor(options = ''): Promise<Seen> {
    const { code, stdout, stderr } = await host.cli(`doctor --json ${options}`);
    expect(stderr).toBe('');
    return { exitCode: code, findings: (JSON.parse(stdout) as { findings: readonly Finding[] }).findings };
  }

  const problems = ({ findings }: Seen): readonly string[] =>
    findings.filter(({ severity }) => severity === 'problem').map(({ text }) => text);

  /** The one finding of that code; its remedy is run by a shell, exactly as it was printed. */
  async function mend(code: string, told: string, options = ''): Promise<void> {
    const before = await doctor(options);
    const found = before.findings.find((each) => each.code === code && each.text.includes(told));
    expect(found, JSON.stringify(before.findings, null, 1)).toMatchObject({ remedy: expect.any(String) as string });
    const mended = await host.machine.sh(found?.remedy ?? 'false');
    expect(mended, found?.remedy ?? '').toMatchObject({ code: 0 });
    const after = await doctor(options);
    expect(after.findings.filter((each) => each.code === code && each.text.includes(told))).toEqual([]);
  }

  it('finds nothing that cannot work on a host that is as it should be, and runs no command unless asked', async () => {
    const seen = await doctor();
    expect(problems(seen)).toEqual([]);
    expect(seen.exitCode).toBe(0);
    const codes = seen.findings.map(({ code }) => code);
    for (const code of ['settings_good', 'database_answers', 'database_index', 'database_clock_good', 'daemon_runs'])
      expect(codes).toContain(code);
    expect(codes).toContain('health_not_run');
    expect((await host.machine.sh('test -e /tmp/health-check-ran')).code).toBe(1);
    expect((await doctor('--probe')).findings.map(({ code }) => code)).not.toContain('health_not_run');
    expect((await host.machine.sh('test -e /tmp/health-check-ran')).code).toBe(0);
  });

  it('says the same to people, in their language', async () => {
    expect((await host.cli('doctor')).stdout).toContain('nothing that cannot work');
    const romanian = await host.cli('--lang ro doctor');
    expect(romanian.stdout).toContain('nimic care să nu poată merge');
    expect(romanian.stdout).toContain('monitorul rulează (pid ');
  });

  describe('files', () => {
    it.each([
      ['the settings', `chmod 0666 ${CONFIG_FILE}`, CONFIG_FILE],
      ['the directory of the settings', 'chmod 0777 /etc/process_monitor', '/etc/process_monitor'],
      ['the directory of the memory', 'chmod 0777 /var/lib/process-monitor', '/var/lib/process-monitor'],
      ['the directory of the log', 'chmod 0777 /var/log/process-monitor', '/var/log/process-monitor'],
      [
        'a link in the place of a log file',
        'ln -s /etc/shadow /var/log/process-monitor/process-monitor.9.log',
        '9.log',
      ],
      ['a stranger’s directory', 'chown nobody /var/log/process-monitor', '/var/log/process-monitor belongs to user'],
    ])('%s', async (_, breaking, told) => {
      await host.machine.must(breaking);
      await mend('place_distrusted', told);
    });

    it('without usable settings looks at what it can, and ends with 78', async () => {
      await host.machine.must(`chmod 0666 ${CONFIG_FILE}`);
      const { exitCode, findings } = await doctor();
      expect(exitCode).toBe(78);
      const codes = findings.map(({ code }) => code);
      expect(codes).toContain('settings_bad');
      expect(codes).toContain('node_good');
      expect(codes).toContain('predecessor_none');
      await mend('place_distrusted', CONFIG_FILE);
    });
  });

  it('an index that is missing', async () => {
    await host.sql('DROP INDEX idx_alarma ON STATUS_PROCESS');
    await mend('database_no_index', 'no index on alarma');
    expect((await doctor()).findings.map(({ code }) => code)).toContain('database_index');
  });

  it('counts orphans and odd values, which only people can judge', async () => {
    await host.sql('INSERT INTO STATUS_PROCESS VALUES (77, 2, NULL, NULL)');
    const rows = (await doctor()).findings.filter(({ code }) => code === 'database_rows');
    expect(rows.map(({ severity, text, remedy }) => [severity, text.replace(/^.*: /, ''), remedy])).toEqual([
      ['warning', 'belong to no process in PROCESE', null],
      ['warning', 'have NULL in sound, which counts as 0', null],
      ['warning', 'have neither 0 nor 1 in alarma, which is no alarm', null],
    ]);
    await host.sql('DELETE FROM STATUS_PROCESS WHERE process_id = 77');
  });

  it('a database that does not answer, which nothing but a person can mend', async () => {
    await host.machine.must('mariadb -e "ALTER USER monitor@\'%\' ACCOUNT LOCK"');
    const seen = await doctor();
    expect(seen.exitCode).toBe(1);
    expect(seen.findings.map(({ code }) => code)).toContain('database_failed');
    await host.machine.must('mariadb -e "ALTER USER monitor@\'%\' ACCOUNT UNLOCK"');
    expect((await doctor()).exitCode).toBe(0);
  });

  it('a masked unit, a user and a directory that are missing', async () => {
    await host.machine.write('/usr/lib/systemd/system/other.service', SLEEPER);
    await host.machine.must('systemctl daemon-reload && systemctl mask other.service 2>/dev/null');
    const other = '[process.other]\nrestart_strategy = service\n';
    const app = `[process.app]\nrestart_strategy = process\nstart_command = sleep 60\nuser = app-user\nworking_directory = /srv/app s\n`;
    await host.configure({ processes: PROCESSES + other + app });
    await mend('said', 'unit other.service: masked');
    await mend('said', 'unknown user: app-user');
    await mend('said', 'no such directory: /srv/app s');
    await host.configure({ processes: PROCESSES });
  });

  it('a unit that is not enabled, and one whose file systemd has not read', async () => {
    await host.machine.must('systemctl disable process-monitor 2>/dev/null');
    await mend('unit_not_enabled', 'does not start with the machine');
    await host.machine.must('touch -d "+10 seconds" /etc/systemd/system/process-monitor.service');
    await mend('unit_reload', 'has not read');
  });

  it('rights that the settings need and polkit does not give', async () => {
    await host.machine.must('process-monitor grant');
    expect((await doctor()).findings.map(({ text }) => text)).toContain('polkit lets it restart web.service');
    await host.machine.must('rm /etc/polkit-1/rules.d/50-process-monitor.rules');
    const isDenied = async (): Promise<boolean> =>
      (await doctor()).findings.some(({ code }) => code === 'rights_denied');
    await host.machine.waitFor(isDenied, { what: 'polkit to read that the rule is gone' });
    await mend('rights_drift', '50-process-monitor.rules');
    await host.machine.waitFor(async () => !(await isDenied()), { what: 'polkit to read the new rule' });
  });

  it('a monitor that does not run', async () => {
    await host.machine.must('systemctl stop process-monitor');
    await mend('daemon_stopped', 'does not run');
    await host.waitForEvent('cycle.completed', { count: 2 });
  });

  it('the bash monitor, active and in its cron table', async () => {
    await host.machine.installUnit('monitor_service.service', `${SLEEPER}[Install]\nWantedBy=multi-user.target\n`);
    await host.machine.must('systemctl enable --now monitor_service.service 2>/dev/null');
    await mend('predecessor_active', 'active, enabled');
    await host.machine.write('/etc/cron.d/watch', '* * * * * root /opt/monitor_service/monitor_watchdog.sh\n# kept\n');
    await mend('predecessor_cron', '/etc/cron.d/watch');
    expect(await host.machine.read('/etc/cron.d/watch')).toContain('#* * * * * root');
  });

  it('a second monitor beside the unit', async () => {
    const text = (await host.machine.read(CONFIG_FILE))
      .replace('[monitor]', '[monitor]\nrun_directory = /root/second/run\nstate_dir = /root/second/state')
      .replace('/var/log/process-monitor', '/root/second/log');
    await host.machine.write('/root/second/config.ini', text, 0o600);
    const started = 'setsid process-monitor --config /root/second/config.ini run >/dev/null 2>&1 </dev/null &';
    await host.machine.must(started);
    const isThere = async (): Promise<boolean> =>
      (await host.machine.sh('test -S /root/second/run/control.sock')).code === 0;
    await host.machine.waitFor(isThere, { what: 'the second monitor' });
    const found = (await doctor()).findings.find(({ code }) => code === 'rival');
    await host.machine.must(found?.remedy ?? 'false');
    const isGone = async (): Promise<boolean> => !(await isThere());
    await host.machine.waitFor(isGone, { what: 'the second monitor to end', timeoutMs: 30_000 });
    expect((await doctor()).findings.map(({ code }) => code)).toContain('rival_none');
  });

  it('a disk without room', async () => {
    const place = '/root/small';
    await host.machine.must(`mkdir ${place} && mount -t tmpfs -o size=1m,mode=0755 tmpfs ${place}`);
    await host.configure({ processes: PROCESSES, monitor: `state_dir = ${place}` });
    await host.machine.sh(`head -c 1000000 /dev/zero >${place}/fill`);
    expect((await doctor()).findings.map(({ code }) => code)).toContain('disk_low');
    await host.machine.sh(`cat /dev/zero >${place}/more 2>/dev/null`);
    const full = await doctor();
    expect(full.findings.map(({ code }) => code)).toContain('disk_full');
    expect(full.exitCode).toBe(1);
    await host.configure({ processes: PROCESSES });
  });

  it('a unit that has hit its start limit', async () => {
    await host.machine.sh('for each in 1 2 3 4 5 6 7 8; do systemctl restart web; done');
    await mend('unit_start_limit', 'web.service');
  });
});
