/** What can go wrong between the monitor and a real server, and what must still hold. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import type { AlarmRow } from '../../src/domain/alarm.js';
import type { AlarmSource } from '../../src/ports/alarm-source.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { killConnection } from '../support/servers/sql-client.js';
import { id, STAMP } from './alarm-store-contract.js';
import { LEGACY_TABLES, never, ServerUnderTest, PASSWORD, USER } from './alarm-store-server.js';
import { PATIENCE } from '../support/patience.js';

const UNREACHABLE = { name: 'StoreError', code: 'unreachable', retryable: true };
const CLEARED = { kind: 'cleared', rows: 1, noteStored: true };

/** Runs on the server that `server` gives at the time of the tests. */
export function describeFaults(product: string, server: () => DatabaseServer): void {
  describe(`${product}: faults`, () => {
    let test: ServerUnderTest;
    const open = (options: Partial<MysqlOptions> = {}): AlarmStore => test.open(options);
    const note = async (): Promise<unknown> =>
      (await test.admin.rows('SELECT notes FROM STATUS_PROCESS WHERE process_id = 1'))[0]?.['notes'];

    beforeEach(async () => {
      test = new ServerUnderTest(server(), 'alarm_faults');
      await test.prepare(LEGACY_TABLES);
      await test.admin.run(
        "INSERT INTO PROCESE VALUES (1, 'one'); INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, 'seen')",
      );
    });
    afterEach(async () => {
      server().resume();
      await test.dispose();
    });

    describe('a server that hangs', () => {
      it('is given up at the deadline, and asked again when it goes on', async () => {
        const { source } = open({ queryTimeoutMs: 200, connectTimeoutMs: 200 });
        await answered(source);
        await server().pause();
        await expect(source.alarmed(never)).rejects.toMatchObject(UNREACHABLE);
        await expect(source.alarmed(never)).rejects.toThrow(/connect on .*no answer within 200 ms/);
        server().resume();
        expect(await answered(source)).toHaveLength(1);
      });

      it('costs no connection, however often it is asked', async () => {
        const before = openSockets();
        const store = open({ queryTimeoutMs: 50, connectTimeoutMs: 50, poolSize: 2 });
        await Promise.all([answered(store.source), answered(store.source)]);
        await server().pause();
        for (let poll = 0; poll < 20; poll += 1) {
          await expect(store.source.alarmed(never)).rejects.toMatchObject(UNREACHABLE);
        }
        await waitUntil(() => openSockets() <= before);
        server().resume();
        expect(await answered(store.source)).toHaveLength(1);
        await store.close();
        await waitUntil(async () => (await test.connections()) === 0);
      });

      it('is left at once when the call is no longer wanted or the store is closed', async () => {
        const { source } = open();
        await source.alarmed(never);
        await server().pause();
        const stop = new AbortController();
        const unwanted = source.alarmed(stop.signal);
        stop.abort();
        await expect(unwanted).rejects.toThrow(/monitor is stopping/);
        const second = open();
        const underWay = second.source.alarmed(never);
        await second.close();
        await expect(underWay).rejects.toThrow(/monitor is stopping/);
      });
    });

    it('survives the loss of idle connections and of the server', async () => {
      const { source } = open();
      expect(await source.alarmed(never)).toHaveLength(1);
      await killConnections(test);
      expect(await source.alarmed(never)).toHaveLength(1);
      await server().kill();
      await expect(source.alarmed(never)).rejects.toMatchObject(UNREACHABLE);
      await server().restart();
      expect(await source.alarmed(never)).toHaveLength(1);
    });

    it('repeats a write whose connection was killed, and stamps once', async () => {
      const { writer } = open();
      await writer.raise(id(2), never);
      await test.admin.run('START TRANSACTION; SELECT * FROM STATUS_PROCESS FOR UPDATE');
      const cleared = writer.clear(id(1), { stamp: STAMP, claim: null }, never);
      await waitForBlockedWrite(test);
      await killConnections(test);
      await waitForBlockedWrite(test);
      await test.admin.run('ROLLBACK');
      expect(await cleared).toEqual(CLEARED);
      expect(await note()).toBe(`seen - ${STAMP}`);
    });

    describe('somebody else’s hand between our look and our write', () => {
      const meanwhile = async (sql: string): Promise<unknown> => {
        const { writer } = open();
        await writer.raise(id(2), never);
        await test.admin.run(`START TRANSACTION; ${sql}`);
        const cleared = writer.clear(id(1), { stamp: STAMP, claim: null }, never);
        await waitForBlockedWrite(test);
        await test.admin.run('COMMIT');
        return cleared;
      };

      it('acknowledges: nothing is overwritten', async () => {
        expect(await meanwhile("UPDATE STATUS_PROCESS SET sound = 1, notes = 'mine'")).toEqual({ kind: 'not_ours' });
        expect(await test.admin.rows('SELECT alarma, sound, notes FROM STATUS_PROCESS')).toEqual([
          { alarma: 1, sound: 1, notes: 'mine' },
        ]);
      });

      it('acknowledges one of several that are cleared together: each is told as it is', async () => {
        await test.admin.run("INSERT INTO PROCESE VALUES (2, 'two'), (3, 'three')");
        await test.admin.run("INSERT INTO STATUS_PROCESS VALUES (2, 1, 0, 'seen'), (3, 1, 0, NULL)");
        const { writer } = open();
        await writer.raise(id(4), never);
        await test.admin.run('START TRANSACTION; UPDATE STATUS_PROCESS SET sound = 1 WHERE process_id = 2');
        const clearing = { stamp: STAMP, claim: null };
        const cleared = Promise.all([1, 2, 3].map((each) => writer.clear(id(each), clearing, never)));
        await waitForBlockedWrite(test);
        await test.admin.run('COMMIT');
        expect(await cleared).toEqual([CLEARED, { kind: 'not_ours' }, CLEARED]);
        expect(await test.admin.rows('SELECT alarma, notes FROM STATUS_PROCESS ORDER BY process_id')).toEqual([
          { alarma: 0, notes: `seen - ${STAMP}` },
          { alarma: 1, notes: 'seen' },
          { alarma: 0, notes: STAMP },
        ]);
      });

      it('clears: nothing is overwritten', async () => {
        expect(await meanwhile("UPDATE STATUS_PROCESS SET alarma = 0, notes = 'mine'")).toEqual({ kind: 'not_ours' });
        expect(await note()).toBe('mine');
      });

      it('changes only the case of the note: the new text is kept', async () => {
        expect(await meanwhile("UPDATE STATUS_PROCESS SET notes = 'SEEN'")).toEqual(CLEARED);
        expect(await note()).toBe(`SEEN - ${STAMP}`);
      });
    });

    it.each([
      { what: 'a row', lock: 'START TRANSACTION; SELECT * FROM STATUS_PROCESS FOR UPDATE', free: 'ROLLBACK' },
      { what: 'the table', lock: 'LOCK TABLES STATUS_PROCESS READ', free: 'UNLOCK TABLES' },
    ])('says busy while $what is locked, and clears afterwards', async ({ lock, free }) => {
      const { writer } = open();
      await test.admin.run(lock);
      const refused = writer.clear(id(1), { stamp: STAMP, claim: null }, never);
      await expect(refused).rejects.toMatchObject({ code: 'busy', retryable: true });
      await test.admin.run(free);
      expect(await writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual(CLEARED);
    });

    it('sees alarms on a read-only server, and says that it takes no writes', async () => {
      await test.admin.run('SET GLOBAL read_only = 1');
      try {
        const store = open();
        expect(await store.source.alarmed(never)).toHaveLength(1);
        await expect(store.writer.clear(id(1), { stamp: STAMP, claim: null }, never)).rejects.toMatchObject({
          code: 'read_only',
        });
        expect((await store.probe(never)).warnings).toContainEqual(expect.stringContaining('read-only'));
      } finally {
        await test.admin.run('SET GLOBAL read_only = 0');
      }
    });

    it('asks for the password anew at each connection, and never tells it', async () => {
      const passwords = ['secret-of-old', PASSWORD];
      const { source } = open({ password: () => Promise.resolve(passwords.shift() ?? null) });
      const refused: unknown = await source.alarmed(never).catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: 'StoreError', code: 'refused', retryable: true });
      expect(String(refused)).not.toContain('secret-of-old');
      expect(await source.alarmed(never)).toHaveLength(1);
    });

    it('says when it has no connection left to use', async () => {
      const { source, writer } = open({ poolSize: 1, connectTimeoutMs: 300 });
      await test.admin.run('START TRANSACTION; SELECT * FROM STATUS_PROCESS FOR UPDATE');
      const cleared = writer.clear(id(1), { stamp: STAMP, claim: null }, never);
      await waitForBlockedWrite(test);
      await expect(source.alarmed(never)).rejects.toThrow(/all 1 connections were in use for 300 ms/);
      await test.admin.run('ROLLBACK');
      expect(await cleared).toEqual(CLEARED);
    });

    it('serves many calls with few connections', async () => {
      const { source } = open({ poolSize: 2 });
      const answers = await Promise.all(Array.from({ length: 50 }, () => source.alarmed(new AbortController().signal)));
      expect(answers.every((rows) => rows.length === 1)).toBe(true);
      expect(await test.connections()).toBeLessThanOrEqual(2);
    });

    it('says refused when the server takes no more connections of this user', async () => {
      await test.admin.run(`ALTER USER '${USER}'@'%' WITH MAX_USER_CONNECTIONS 1`);
      expect(await open().source.alarmed(never)).toHaveLength(1);
      await expect(open().source.alarmed(never)).rejects.toMatchObject({ code: 'refused', retryable: true });
    });

    it('takes settings for TLS that cannot work for a mistake in the configuration', async () => {
      const tls = { mode: 'verify', ca: 'no certificate', cert: null, key: null } as const;
      const servers = [{ kind: 'tcp', host: 'localhost', port: server().port }] as const;
      const mistake = { code: 'configuration', retryable: false };
      await expect(open({ tls, servers }).source.alarmed(never)).rejects.toMatchObject(mistake);
      await expect(open({ tls: { ...tls, ca: null } }).source.alarmed(never)).rejects.toThrow(
        /ssl = verify proves a name/,
      );
      const unproved = open({ tls: { ...tls, ca: null }, servers }).source.alarmed(never);
      await expect(unproved).rejects.toMatchObject(mistake);
    });
  });
}

/** The rows, asked for until they come: a server may be slow for longer than a deadline that was set for one that hangs. */
function answered(source: AlarmSource): Promise<readonly AlarmRow[]> {
  return vi.waitFor(() => source.alarmed(never), PATIENCE);
}

/** Sockets of this program that are open: to servers, not of the test runner. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}

async function killConnections(test: ServerUnderTest): Promise<void> {
  const rows = await test.admin.rows(`SELECT id AS id FROM information_schema.processlist WHERE user = '${USER}'`);
  for (const row of rows) await killConnection(test.admin, Number(row['id']));
}

/** Our UPDATE stands before a lock that the test holds. */
async function waitForBlockedWrite(test: ServerUnderTest): Promise<void> {
  await waitUntil(async () => {
    const rows = await test.admin.rows(
      `SELECT 1 FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id ` +
        `WHERE t.trx_state = 'LOCK WAIT' AND p.user = '${USER}' AND p.command <> 'Killed'`,
    );
    return rows.length > 0;
    // The server refreshes this table only when nobody has read it for a tenth of a second.
  }, 150);
}

async function waitUntil(isTrue: () => boolean | Promise<boolean>, lookEveryMs = 20): Promise<void> {
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += lookEveryMs) {
    if (await isTrue()) return;
    await sleep(lookEveryMs);
  }
  throw new Error('it did not come true within twenty seconds');
}
