/** The statements of `migrate`, as a person reviews them. */
import { describe, expect, it } from 'vitest';
import {
  canHideColumns,
  grantsAfter,
  stepsToMigrate,
  stepsToRevert,
} from '../../../src/adapters/mysql/migration-plan.js';

const PLACE = { version: '10.11.14-MariaDB', database: 'we`ird', ownDatabase: "o'wn" };

describe('a migration', () => {
  it.each([
    ['10.2.44-MariaDB', false],
    ['10.3.0-MariaDB', true],
    ['11.8.2-MariaDB-ubu2404', true],
    ['5.7.44', false],
    ['8.0.22', false],
    ['8.0.23', true],
    ['8.4.0', true],
    ['9.7.0', true],
  ])('knows whether %s can hide a column: %s', (version, can) => {
    expect(canHideColumns(version)).toBe(can);
    expect(stepsToMigrate({ ...PLACE, version }).some(({ sql }) => sql.endsWith(' INVISIBLE'))).toBe(can);
  });

  it('takes every name for a name', () => {
    const all = [...stepsToMigrate(PLACE), ...stepsToRevert(PLACE, { account: false, tables: true })].map(
      ({ sql }) => sql,
    );
    const texts = [...all, ...grantsAfter(PLACE, "'u'@'h'")].join('\n');
    expect(texts).not.toMatch(/we`ird[^']/);
    expect(texts).toContain('`we``ird`.STATUS_PROCESS');
    expect(texts).toContain("`o'wn`.pm_lease");
    expect(texts).toContain("'alarm_seq:we`ird'");
  });

  it('takes the triggers away before the column that they write', () => {
    const first = stepsToRevert(PLACE, { account: false, tables: false }).map(({ sql }) => sql.split(' ')[0]);
    expect(first).toEqual(['DROP', 'DROP', 'ALTER', 'DROP', 'DROP']);
  });

  it('leaves the account and the tables that others rely on', () => {
    const steps = stepsToRevert(PLACE, { account: true, tables: true }).map(({ sql }) => sql);
    expect(steps.join()).not.toMatch(/DROP (?:USER|TABLE)/);
  });
});
