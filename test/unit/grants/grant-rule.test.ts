/** The polkit rule, asked as polkit asks it. */
import { describe, expect, it } from 'vitest';
import { isOurs, polkitRule } from '../../../src/domain/grant-rule.js';
import { askRule, type AskedAction } from '../../support/polkit-rule.js';

const RULE = polkitRule('process-monitor', [
  { unit: 'web.service', verbs: ['restart', 'reset-failed'] },
  { unit: 'pm-cmd@web-restart.service', verbs: ['restart'] },
  { unit: 'odd\\x20name.service', verbs: ['restart'] },
]);

describe('the rule', () => {
  it.each<AskedAction>([
    { unit: 'web.service', verb: 'restart' },
    { unit: 'web.service', verb: 'reset-failed' },
    { unit: 'pm-cmd@web-restart.service', verb: 'restart' },
    { unit: 'odd\\x20name.service', verb: 'restart' },
  ])('lets $verb of $unit pass', (asked) => {
    expect(askRule(RULE, asked)).toBe('yes');
  });

  it.each<AskedAction>([
    { unit: 'web.service', verb: 'start' },
    { unit: 'web.service', verb: 'stop' },
    { unit: 'web.service', verb: 'kill' },
    { unit: 'web.service', verb: 'set-property' },
    { unit: 'web.service', verb: 'constructor' },
    { unit: 'web.service' },
    { verb: 'restart' },
    {},
    { unit: 'other.service', verb: 'restart' },
    { unit: 'web2.service', verb: 'restart' },
    { unit: 'constructor', verb: 'restart' },
    { unit: '__proto__', verb: 'restart' },
    { unit: 'pm-cmd@web-restart.service', verb: 'reset-failed' },
    { unit: 'pm-cmd@other-restart.service', verb: 'restart' },
    { unit: 'web.service', verb: 'restart', message: "Authentication is required to start transient unit 'web'." },
  ])('refuses %j', (asked) => {
    expect(askRule(RULE, asked)).toBe('no');
  });

  it('says nothing of other users and of other actions', () => {
    expect(askRule(RULE, { unit: 'web.service', verb: 'restart', user: 'ana' })).toBeNull();
    expect(askRule(RULE, { id: 'org.freedesktop.login1.power-off' })).toBeNull();
  });

  it('lets nothing pass where nothing is granted', () => {
    expect(askRule(polkitRule('process-monitor', []), { unit: 'web.service', verb: 'restart' })).toBe('no');
  });

  it('is written in the words of ECMAScript 5, and says whose it is', () => {
    expect(RULE).not.toMatch(/=>|\bconst\b|\blet\b|`/);
    expect(isOurs(RULE)).toBe(true);
    expect(isOurs(`// mine\n${RULE}`)).toBe(false);
  });

  it('is the same text whatever the order of the sections, and names a unit of two of them once', () => {
    const [one, other] = [
      { unit: 'a.service', verbs: ['restart'] },
      { unit: 'b.service', verbs: ['restart', 'reset-failed'] },
    ] as const;
    const rule = polkitRule('process-monitor', [one, other]);
    expect(polkitRule('process-monitor', [other, one, one])).toBe(rule);
    expect(rule.split('a.service')).toHaveLength(2);
  });
});
