/** What the adapter does with few rights, on a real server. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { id, STAMP } from './alarm-store-contract.js';
import { LEGACY_TABLES, never, SEQUENCE, ServerUnderTest, USER } from './alarm-store-server.js';
import { documentedGrants } from './documented-grants.js';

const CLEARED = { kind: 'cleared', rows: 1, noteStored: true };
const CLEARED_WITHOUT_NOTE = { kind: 'cleared', rows: 1, noteStored: false };

/** Runs on the server that `server` gives at the time of the tests. */
export function describeRights(product: string, server: () => DatabaseServer): void {
  describe(`${product}: rights`, () => {
    let test: ServerUnderTest;
    const seed = (note = 'NULL'): Promise<void> =>
      test.admin.run(`INSERT INTO PROCESE VALUES (1, 'one'); INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, ${note})`);
    beforeEach(() => {
      test = new ServerUnderTest(server(), 'alarm_rights');
    });
    afterEach(() => test.dispose());

    const grant = (status: string): string =>
      `GRANT SELECT (process_id, process_name) ON alarm_rights.PROCESE TO '${USER}'@'%'; GRANT ${status} ON alarm_rights.STATUS_PROCESS TO '${USER}'@'%'`;

    it('needs no more for the commands of people than docs/database.md lists', async () => {
      await test.prepare(
        LEGACY_TABLES,
        documentedGrants('monitor_operator', 'alarm_rights', `'${USER}'@'%'`).join(' '),
      );
      await seed("'seen'");
      await test.admin.run("INSERT INTO PROCESE VALUES (2, 'two')");
      const { desk, source } = test.open();
      expect(await desk.apply('acknowledge', id(1), null, never)).toBe(1);
      expect(await desk.apply('raise', id(2), 'by hand', never)).toBe(1);
      expect(await source.alarmed(never)).toHaveLength(1);
      expect(await desk.apply('clear', id(2), 'by hand', never)).toBe(1);
    });

    it('clears without a note where only alarma may be updated', async () => {
      await test.prepare(LEGACY_TABLES, grant('SELECT, UPDATE (alarma)'));
      await seed("'seen'");
      const store = test.open();
      const report = await store.probe(never);
      expect(report).toMatchObject({ writes: 'alarm_only' });
      expect(report.facts).toContain('raised again meanwhile: not seen: the user may not update notes');
      expect(await store.writer.claim(id(1), { alarmId: '1a2b3c4d5e6f' }, never)).toEqual({ kind: 'unclaimed' });
      expect(await store.writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual(CLEARED_WITHOUT_NOTE);
      expect((await test.admin.rows('SELECT notes FROM STATUS_PROCESS'))[0]?.['notes']).toBe('seen');
    });

    it('goes by sequence numbers where only alarma may be updated, also when an answer is lost', async () => {
      await test.prepare(`${LEGACY_TABLES};${SEQUENCE}`, grant('SELECT, UPDATE (alarma)'));
      await seed("'seen'");
      const store = test.open();
      expect((await store.probe(never)).facts).toContain('raised again meanwhile: seen by sequence number');
      const claim = async (): Promise<string> => {
        const result = await store.writer.claim(id(1), { alarmId: '1a2b3c4d5e6f' }, never);
        expect(result).toMatchObject({ kind: 'claimed' });
        return 'claim' in result ? result.claim : '';
      };
      const first = await claim();
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      expect(await store.writer.clear(id(1), { stamp: STAMP, claim: first }, never)).toEqual({ kind: 'raised_again' });
      const second = await claim();
      const clear = (): Promise<unknown> => store.writer.clear(id(1), { stamp: STAMP, claim: second }, never);
      expect(await clear()).toEqual(CLEARED_WITHOUT_NOTE);
      expect(await clear()).toEqual(CLEARED_WITHOUT_NOTE);
    });

    it('is off for a user who may only look, unless the settings demand more', async () => {
      await test.prepare(LEGACY_TABLES, grant('SELECT'));
      await seed();
      const store = test.open();
      expect(await store.writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual({ kind: 'off' });
      expect(await store.writer.raise(id(1), never)).toEqual({ kind: 'off' });
      expect(await store.probe(never)).toMatchObject({ writes: 'none' });
      const demanded = test.open({ writeBack: 'always' }).writer.clear(id(1), { stamp: STAMP, claim: null }, never);
      await expect(demanded).rejects.toMatchObject({ code: 'rights', retryable: false });
    });

    it('is off when the right is taken away while it runs', async () => {
      await test.prepare(LEGACY_TABLES, grant('SELECT, UPDATE'));
      await seed();
      const { writer } = test.open();
      expect(await writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual(CLEARED);
      await test.admin.run(`REVOKE UPDATE ON alarm_rights.STATUS_PROCESS FROM '${USER}'@'%'`);
      expect(await writer.raise(id(1), never)).toEqual({ kind: 'off' });
    });

    it('says so where the tables may not be read', async () => {
      await test.prepare(LEGACY_TABLES, `GRANT SELECT (process_id) ON alarm_rights.PROCESE TO '${USER}'@'%'`);
      await expect(test.open().source.alarmed(never)).rejects.toMatchObject({ code: 'rights' });
    });
  });
}
