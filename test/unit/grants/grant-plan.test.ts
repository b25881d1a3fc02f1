/** Which units are granted, and which never. */
import { describe, expect, it } from 'vitest';
import { unitsToAsk, type GrantFacts } from '../../../src/domain/grant-facts.js';
import { planGrants, RULE_FILE, type GrantPlan } from '../../../src/domain/grant-plan.js';
import type { UnitState } from '../../../src/domain/unit-state.js';
import { notFoundState } from '../../../src/adapters/systemd/unit-properties.js';
import { policyOf, unitOf, type PolicyWish } from '../../support/policy.js';
import { askRule } from '../../support/polkit-rule.js';

const NO_FACTS: GrantFacts = {
  policies: [],
  units: new Map(),
  exposures: new Map(),
  starts: new Map(),
  unknownUsers: new Set(),
  systemdVersion: 252,
  monitorIsRoot: false,
  operatorsGroup: null,
  handlesUnlisted: false,
};

/** `units`: by the name that is asked for; what is not there is not found. */
function plan(
  wishes: readonly PolicyWish[],
  units: Readonly<Record<string, UnitState>> = {},
  more: Partial<GrantFacts> = {},
): GrantPlan {
  const policies = wishes.map(policyOf);
  const states = new Map(unitsToAsk(policies).map((name) => [name, units[name] ?? notFoundState(`${name}.service`)]));
  return planGrants({ ...NO_FACTS, policies, units: states, ...more });
}

const unitsOf = ({ grants }: GrantPlan): readonly string[] => grants.map(({ unit }) => unit);
const refusalsOf = ({ refusals }: GrantPlan): string => refusals.map(({ detail }) => detail).join('; ');

describe('units that are granted', () => {
  it.each(['service', 'auto'] as const)(
    'are those of strategy %s that exist, restart and reset-failed alone',
    (strategy) => {
      const found = plan([{ processName: 'web', strategy }], { web: unitOf('web.service') });
      expect(found.grants).toEqual([{ processName: 'web', unit: 'web.service', verbs: ['restart', 'reset-failed'] }]);
      expect(found.refusals).toEqual([]);
      const rule = found.files.find(({ path }) => path === RULE_FILE)?.text ?? '';
      expect(askRule(rule, { unit: 'web.service', verb: 'restart' })).toBe('yes');
    },
  );

  it('are named by their canonical name where the settings have an alias, and it is said', () => {
    const unit = unitOf('mariadb.service', { names: ['mariadb.service', 'mysql.service'] });
    const found = plan([{ processName: 'db', systemName: 'mysql', allowProtected: true }], { mysql: unit });
    expect(unitsOf(found)).toEqual(['mariadb.service']);
    expect(found.notes).toEqual([
      { processName: 'db', detail: 'mysql is another name of mariadb.service: it is mariadb.service that is granted' },
    ]);
  });

  it('may be instances of a template, and units of a name with suffix', () => {
    const units = { 'worker@1': unitOf('worker@1.service'), 'web.service': unitOf('web.service') };
    const found = plan([{ processName: 'worker@1' }, { processName: 'web', systemName: 'web.service' }], units);
    expect(unitsOf(found)).toEqual(['worker@1.service', 'web.service']);
    expect(found.notes).toEqual([]);
  });

  it('are none where a command of its own restarts the process, or its alarms are not handled', () => {
    const units = { web: unitOf('web.service') };
    const wishes: readonly PolicyWish[] = [
      { processName: 'web', restartCommand: 'true' },
      { processName: 'web', strategy: 'custom', restartCommand: 'true' },
      { processName: 'web', enabled: false },
    ];
    for (const wish of wishes) expect(plan([wish], units)).toMatchObject({ grants: [], refusals: [] });
  });
});

describe('units that are refused', () => {
  it.each<readonly [string, PolicyWish, UnitState | null, string]>([
    ['one that is not there', {}, null, 'there is no unit app.service'],
    ['one that is masked', {}, unitOf('app.service', { loadState: 'masked' }), 'unit app.service is masked'],
    ['one with a bad file', {}, unitOf('app.service', { loadState: 'bad-setting' }), 'is bad-setting'],
    ['one that may not be started by hand', {}, unitOf('app.service', { refusesManualStart: true }), 'by hand'],
    ['a target', { systemName: 'app.target' }, unitOf('app.target'), 'no service'],
    ['a service that is an alias of a target', {}, unitOf('reboot.target', { names: ['reboot.target'] }), 'no service'],
    ['a glob', {}, unitOf('*.service'), 'no service that could be named exactly'],
    ['a template without its instance', {}, unitOf('app@.service'), 'no service that could be named exactly'],
    ['a protected one', { systemName: 'sshd' }, unitOf('sshd.service'), 'sshd is protected'],
    [
      'an alias of a protected one',
      {},
      unitOf('dbus.service', { names: ['dbus.service', 'app.service'] }),
      'protected',
    ],
    [
      'the monitor, even where protection is lifted',
      { systemName: 'process-monitor', allowProtected: true },
      unitOf('process-monitor.service'),
      'the monitor itself',
    ],
  ])('%s', (_, wish, unit, detail) => {
    const name = wish.systemName ?? 'app';
    const found = plan([wish], unit === null ? {} : { [name]: unit });
    expect(found.grants).toEqual([]);
    expect(refusalsOf(found)).toContain(detail);
  });

  it('are those whose programs the monitor’s user could change', () => {
    const exposures = new Map([['app.service', '/opt/app can be written by process-monitor']]);
    const found = plan([{}], { app: unitOf('app.service') }, { exposures });
    expect(found).toMatchObject({
      grants: [],
      refusals: [{ processName: 'app', detail: exposures.get('app.service') }],
    });
  });

  it('keep no other from being granted', () => {
    const found = plan([{ processName: 'gone' }, { processName: 'web' }], { web: unitOf('web.service') });
    expect(unitsOf(found)).toEqual(['web.service']);
    expect(found.refusals.map(({ processName }) => processName)).toEqual(['gone']);
  });
});

it('says that processes without a section cannot be granted', () => {
  expect(plan([], {}, { handlesUnlisted: true }).notes[0]?.detail).toContain('without a section');
});

const START = { kind: 'command', file: '/opt/app/run', args: ['--all 50%', '$HOME'] } as const;
const PROGRAM: PolicyWish = { processName: 'my app', strategy: 'process', systemName: '/opt/app/run', user: 'app' };
const starts = new Map([['my app', START]]);
const fileOf = ({ files }: GrantPlan, name: string): string =>
  files.find(({ path }) => path.endsWith(name))?.text ?? '';

describe('a program of the process strategy', () => {
  it('gets a unit of its own, which alone is granted, and the monitor may stop what runs outside of it', () => {
    const found = plan([PROGRAM], {}, { starts });
    expect(found).toMatchObject({
      grants: [{ processName: 'my app', unit: 'pm-my:20app.service', verbs: ['restart', 'reset-failed'] }],
      refusals: [],
    });
    expect(found.files.map(({ path }) => path)).toEqual([
      '/etc/systemd/system/pm-my:20app.service',
      RULE_FILE,
      '/etc/systemd/system/process-monitor.service.d/kill-strategy.conf',
    ]);
    expect(fileOf(found, 'kill-strategy.conf')).toContain('AmbientCapabilities=CAP_KILL');
  });

  it('has in its unit what its section says', () => {
    const wish: PolicyWish = {
      ...PROGRAM,
      environment: { MODE: 'a "b" 5%' },
      workingDirectory: '/srv/100%',
      stopTimeoutMs: 30_000,
      limits: { memoryMaxBytes: 1024 ** 2, cpuQuotaPercent: 150, tasksMax: 20, openFiles: 64 },
    };
    const lines = fileOf(plan([wish], {}, { starts }), 'pm-my:20app.service').split('\n');
    expect(lines[0]).toMatch(/^# Written by process-monitor grant/);
    const expected = [
      'Type=exec',
      'User=app',
      'ExecStart="/opt/app/run" "--all 50%%" "$$HOME"',
      'Environment="MODE=a \\"b\\" 5%%"',
      'WorkingDirectory=/srv/100%%',
      'Restart=no',
      'KillMode=mixed',
      'TimeoutStopSec=30s',
      'MemoryMax=1048576',
      'CPUQuota=150%',
      'TasksMax=20',
      'LimitNOFILE=64',
    ];
    for (const line of expected) expect(lines).toContain(line);
  });

  it('is followed into the background, and watched the old way by an old systemd', () => {
    const background = { ...PROGRAM, startMode: 'background', pidFile: '/run/app.pid' } as const;
    const text = fileOf(plan([background], {}, { starts }), 'pm-my:20app.service');
    expect(text).toContain('Type=forking\nPIDFile=/run/app.pid\n');
    expect(fileOf(plan([PROGRAM], {}, { starts, systemdVersion: 239 }), 'pm-my:20app.service')).toContain(
      'Type=simple\n',
    );
  });

  it('is the way of auto only where there is no such unit', () => {
    const wish: PolicyWish = {
      ...PROGRAM,
      processName: 'my app',
      strategy: 'auto',
      systemName: 'app',
      startCommand: 'x',
    };
    expect(unitsOf(plan([wish], { app: unitOf('app.service') }, { starts }))).toEqual(['app.service']);
    expect(unitsOf(plan([wish], {}, { starts }))).toEqual(['pm-my:20app.service']);
    expect(refusalsOf(plan([{ ...wish, startCommand: null }]))).toContain(
      'neither a unit app.service nor a start_command',
    );
  });

  it.each<readonly [string, PolicyWish, Partial<GrantFacts>, string]>([
    ['a user', { user: null }, { starts }, 'set `user`'],
    ['a user of this host', {}, { starts, unknownUsers: new Set(['app']) }, 'unknown user: app'],
    ['a way to start it', {}, {}, 'set start_command'],
    [
      'a program that is there',
      {},
      { starts: new Map([['my app', { kind: 'not_started', detail: 'missing executable: /x' }]]) },
      'missing executable: /x',
    ],
    ['a name that is not protected', { systemName: '/usr/sbin/sshd' }, { starts }, 'is protected'],
    [
      'a program that the monitor cannot change',
      {},
      { starts, exposures: new Map([['pm-my:20app.service', '/opt/app belongs to that user']]) },
      '/opt/app belongs to that user',
    ],
  ])('is refused without %s', (_, wish, facts, detail) => {
    const found = plan([{ ...PROGRAM, ...wish }], {}, facts);
    expect(refusalsOf(found)).toContain(detail);
    expect(found.files.filter(({ path }) => path.includes('/pm-'))).toEqual([]);
  });

  it('that a command restarts is only looked for', () => {
    const found = plan([{ ...PROGRAM, restartCommand: '/opt/app/again' }], {}, { starts });
    expect(found.grants).toEqual([]);
    expect(fileOf(found, 'kill-strategy.conf')).toContain('ProtectProc=default');
    expect(fileOf(found, 'kill-strategy.conf')).not.toContain('CAP_KILL');
  });
});

describe('commands with a user of their own', () => {
  const wish: PolicyWish = {
    strategy: 'custom',
    commandUser: 'oracle',
    restartCommand: 'lsnrctl reload %s && echo "$?" 100%%',
    preRestartCommand: 'check %d',
    workingDirectory: '/srv/db',
    commandTimeoutMs: 90_000,
  };

  it('become units that run them once, with restart as the only verb', () => {
    const found = plan([wish]);
    expect(found.grants.map(({ unit, verbs }) => [unit, verbs])).toEqual([
      ['pm-cmd@app-prerestart.service', ['restart']],
      ['pm-cmd@app-restart.service', ['restart']],
    ]);
    const text = fileOf(found, 'pm-cmd@app-restart.service');
    expect(text).toContain('ExecStart="/bin/sh" "-c" "lsnrctl reload app && echo \\"$$?\\" 100%%"\n');
    expect(text).toContain('Type=oneshot\nUser=oracle\n');
    expect(text).toContain('TimeoutStartSec=90s\n');
    expect(text).toContain('Environment="PROCESS_NAME=app"\nEnvironment="SYSTEM_NAME=app"\n');
    expect(fileOf(found, 'pm-cmd@app-prerestart.service')).toContain('"check /srv/db"');
    expect(fileOf(found, 'kill-strategy.conf')).toBe('');
  });

  it('are refused where they ask for a directory that only a running program would tell', () => {
    const found = plan([{ ...wish, workingDirectory: null }]);
    expect(refusalsOf(found)).toBe('pre_restart_command: with command_user %d needs working_directory to be set');
    expect(unitsOf(found)).toEqual(['pm-cmd@app-restart.service']);
  });

  it('run as the monitor where no user is set: nothing is granted', () => {
    expect(plan([{ ...wish, commandUser: null }]).grants).toEqual([]);
  });
});

describe('the monitor’s own unit', () => {
  it('may see whose a file is where operators may act', () => {
    const text = fileOf(plan([], {}, { operatorsGroup: 'ops' }), 'operators.conf');
    expect(text).toContain('PrivateUsers=no');
  });

  it('needs no rule where it runs as root, and keeps all that root may do', () => {
    const found = plan([PROGRAM], {}, { starts, monitorIsRoot: true, operatorsGroup: 'ops' });
    expect(found.files.map(({ path }) => path)).toEqual(['/etc/systemd/system/pm-my:20app.service']);
    expect(found.notes[0]?.detail).toContain('runs as root');
  });

  it('gets a file only for what is needed', () => {
    expect(plan([{}], { app: unitOf('app.service') }).files.map(({ path }) => path)).toEqual([RULE_FILE]);
  });
});
