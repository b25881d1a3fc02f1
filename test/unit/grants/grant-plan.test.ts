/** Which units are granted, and which never. */
import { describe, expect, it } from 'vitest';
import { planGrants, RULE_FILE, unitsToAsk, type GrantFacts, type GrantPlan } from '../../../src/domain/grant-plan.js';
import type { UnitState } from '../../../src/domain/unit-state.js';
import { notFoundState } from '../../../src/adapters/systemd/systemctl-show.js';
import { policyOf, unitOf, type PolicyWish } from '../../support/policy.js';
import { askRule } from '../../support/polkit-rule.js';

/** `units`: by the name that is asked for; what is not there is not found. */
function plan(
  wishes: readonly PolicyWish[],
  units: Readonly<Record<string, UnitState>> = {},
  more: Partial<GrantFacts> = {},
): GrantPlan {
  const policies = wishes.map(policyOf);
  const states = new Map(unitsToAsk(policies).map((name) => [name, units[name] ?? notFoundState(`${name}.service`)]));
  return planGrants({ policies, units: states, exposures: new Map(), handlesUnlisted: false, ...more });
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
