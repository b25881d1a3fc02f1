/** The lease in trouble: lines that are cut, rows that are taken away, servers that hang. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startCuttableProxy, type CuttableProxy } from '../support/cuttable-proxy.js';
import { FakeClock } from '../support/fake-clock.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { id } from './alarm-store-contract.js';
import { never } from './alarm-store-server.js';
import { LEASE_MS, LeaseBench, type Contender } from './lease-server.js';
import { termOf, until } from './ownership-contract.js';
import { PATIENCE } from '../support/patience.js';

/** A write waits for a lock as long as the server lets it. */
const LONG_LOCKS = { queryTimeoutMs: 6000 };
const CLEARING = { stamp: 'Restarted at 2026-01-01 00:00:00', claim: null };

export function describeLeaseFaults(name: string, serverOf: () => DatabaseServer): void {
  describe(`the lease on ${name}`, () => {
    let bench: LeaseBench;
    beforeEach(async () => {
      bench = await LeaseBench.open(serverOf());
    });
    afterEach(() => bench.dispose());

    it('tells by host, process and time who holds it', async () => {
      const first = bench.contend();
      await until(first.owner, 'owner');
      const state = await until(bench.join(), 'standby');
      const holder = /^host-1 \(pid 1001, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)$/;
      expect(state).toEqual({ kind: 'standby', holder: expect.stringMatching(holder) as string });
    });

    it('ends by itself on a line that was cut, before another takes over', async () => {
      const proxy = await proxyTo(serverOf());
      const first = bench.contend(through(proxy));
      await until(first.owner, 'owner');
      const second = bench.contend();
      await until(second.owner, 'standby');
      const stopped = until(first.owner, 'unsure').then((state) => ({ state, otherIs: second.owner.state().kind }));
      proxy.cut();
      await until(second.owner, 'owner');
      expect(first.owner.state().kind).not.toBe('owner');
      expect(await stopped).toMatchObject({ otherIs: 'standby' });
      proxy.mend();
      expect(await until(first.owner, 'standby')).toMatchObject({
        holder: expect.stringContaining('host-2') as string,
      });
    });

    it('is kept on a line that comes back in time, and the same while nobody else wants it', async () => {
      const proxy = await proxyTo(serverOf());
      const only = bench.contend(through(proxy));
      await until(only.owner, 'owner');
      const before = await bench.rows();
      const term = termOf(only.owner);
      proxy.cut();
      await until(only.owner, 'unsure');
      proxy.mend();
      await until(only.owner, 'owner');
      expect(await bench.rows()).toEqual(before);
      expect(termOf(only.owner)).toBe(term);
    });

    it('lets nobody write who has lost it without knowing', async () => {
      const { store, owner } = bench.contend();
      await until(owner, 'owner');
      await bench.under.admin.run("UPDATE pm_lease SET owner = 'somebody else', token = token + 1");
      expect(owner.state().kind).toBe('owner');
      await expect(store.writer.clear(id(1), CLEARING, never)).rejects.toMatchObject({ code: 'not_owner' });
      expect(await alarmOf(bench)).toEqual({ alarma: 1, notes: 'down' });
    });

    it('lets nobody write who waits, and the owner write', async () => {
      const first = bench.contend();
      await until(first.owner, 'owner');
      const second = bench.contend();
      await until(second.owner, 'standby');
      await expect(second.store.writer.clear(id(1), CLEARING, never)).rejects.toMatchObject({ code: 'not_owner' });
      expect(await alarmOf(bench)).toEqual({ alarma: 1, notes: 'down' });
      expect(await first.store.writer.clear(id(1), CLEARING, never)).toMatchObject({ kind: 'cleared', rows: 1 });
      expect(await alarmOf(bench)).toMatchObject({ alarma: 0 });
    });

    it('is renewed twice in its time while there is nothing to do, and from a write on three times', async () => {
      const clock = new FakeClock();
      const { store, owner } = bench.contend({}, clock);
      await until(owner, 'owner');
      const restMs = async (): Promise<number> => {
        await clock.waitForSleeps();
        return clock.nextWakeInMs ?? NaN;
      };
      expect(await restMs()).toBe(LEASE_MS / 2);
      await clock.advance(LEASE_MS / 10);
      expect(await restMs()).toBeCloseTo(LEASE_MS * (1 / 2 - 1 / 10));
      await store.writer.clear(id(1), CLEARING, never);
      await vi.waitFor(async () => expect(await restMs()).toBeCloseTo(LEASE_MS * (1 / 3 - 1 / 10)), PATIENCE);
      await clock.advance(LEASE_MS / 3);
      // The next one was due a while ago by then.
      await vi.waitFor(async () => expect(await restMs()).toBeCloseTo(LEASE_MS * (1 / 3 - 1 / 10)), PATIENCE);
    });

    it('is renewed at once by a write that comes when at the pace of work it would be due', async () => {
      const clock = new FakeClock();
      const { store, owner } = bench.contend({}, clock);
      await until(owner, 'owner');
      await clock.waitForSleeps();
      await clock.advance(LEASE_MS * 0.4);
      await store.writer.clear(id(1), CLEARING, never);
      await vi.waitFor(() => expect(clock.nextWakeInMs).toBeCloseTo(LEASE_MS / 3), PATIENCE);
    });

    it('leaves a person’s own hand alone', async () => {
      const first = bench.contend();
      await until(first.owner, 'owner');
      const second = bench.contend();
      await until(second.owner, 'standby');
      expect(await second.store.desk.apply('clear', id(1), null, never)).toBe(1);
      // A command at the terminal asks for no ownership, and needs none.
      const third = bench.under.open();
      await bench.under.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      expect(await third.writer.clear(id(1), CLEARING, never)).toMatchObject({ kind: 'cleared', rows: 1 });
    });

    it.each([
      { where: 'a table with a key', tables: '' },
      { where: 'one without', tables: 'ALTER TABLE STATUS_PROCESS DROP PRIMARY KEY' },
    ])('is renewed while a write waits for a row that somebody has locked, in $where', async ({ tables }) => {
      if (tables !== '') await bench.under.admin.run(tables);
      // The lock is waited for 5 s: the lease would end in it without being renewed.
      const { store, owner } = bench.contend({ ...LONG_LOCKS, leaseMs: 3000 });
      await until(owner, 'owner');
      const locker = await serverOf().client('leases');
      await locker.run('BEGIN; UPDATE STATUS_PROCESS SET sound = 0 WHERE process_id = 1');
      const clearing = store.writer.clear(id(1), CLEARING, never).catch(() => 'busy');
      const states = new Set<string>();
      const watch = until(owner, 'unsure').then(() => states.add('unsure'));
      await Promise.race([watch, clearing]);
      expect([...states]).toEqual([]);
      await locker.close();
    });

    it('is not kept locked by a write that was cut off in its middle', async () => {
      const proxy = await proxyTo(serverOf());
      const first = bench.contend({ ...through(proxy), ...LONG_LOCKS });
      await until(first.owner, 'owner');
      const second = bench.contend(LONG_LOCKS);
      await until(second.owner, 'standby');
      // The write stands before the row of the lease, and the line is cut before it can end.
      const locker = await serverOf().client('leases');
      await locker.run('BEGIN; SELECT * FROM pm_lease FOR UPDATE');
      const clearing = first.store.writer.clear(id(1), CLEARING, never).catch(() => 'failed');
      await untilWaiting(bench);
      proxy.cut();
      await locker.run('ROLLBACK');
      await locker.close();
      await until(second.owner, 'owner');
      await clearing;
    });

    it('is proved by what it is when the write is made, not when the write was sent', async () => {
      const { store, owner } = bench.contend(LONG_LOCKS);
      await until(owner, 'owner');
      const taker = await serverOf().client('leases');
      await taker.run("BEGIN; UPDATE pm_lease SET owner = 'somebody else', token = token + 1");
      const refused = expect(store.writer.clear(id(1), CLEARING, never)).rejects.toMatchObject({ code: 'not_owner' });
      await untilWaiting(bench);
      await taker.run('COMMIT');
      await taker.close();
      await refused;
      expect(await alarmOf(bench)).toEqual({ alarma: 1, notes: 'down' });
    });

    it('is taken from a monitor that is gone only after the time of a lease', async () => {
      await bench.under.admin.run("INSERT INTO pm_lease VALUES ('host_id:7', 'gone/1/20260101T000000Z/0', 5, 5)");
      const beganMs = performance.now();
      const { owner } = bench.contend();
      const state = await until(owner, 'standby');
      expect(state).toMatchObject({ holder: 'gone (pid 1, since 2026-01-01 00:00:00 UTC)' });
      await until(owner, 'owner');
      expect(performance.now() - beganMs).toBeGreaterThanOrEqual(LEASE_MS);
    });

    it('waits for a server that is not there yet', async () => {
      const server = serverOf();
      await server.kill();
      const { owner } = bench.contend();
      await owner.changed(never);
      expect(owner.state()).toMatchObject({ kind: 'unknown', detail: expect.stringMatching(/connect/) as string });
      await server.restart();
      await until(owner, 'owner');
    });

    it('is kept in a database of our own, for the alarms of several others', async () => {
      const { admin } = bench.under;
      await admin.run(
        'DROP DATABASE IF EXISTS `pm own`; CREATE DATABASE `pm own`; ALTER TABLE pm_lease RENAME `pm own`.pm_lease',
      );
      await admin.run("GRANT SELECT, INSERT, UPDATE ON `pm own`.pm_lease TO 'monitor'@'%'");
      const { owner, store } = bench.contend({ ownDatabase: 'pm own' });
      await until(owner, 'owner');
      expect(await admin.rows('SELECT name FROM `pm own`.pm_lease')).toEqual([{ name: 'host_id:7@leases' }]);
      expect(await store.writer.clear(id(1), CLEARING, never)).toMatchObject({ kind: 'cleared' });
    });
  });

  describe(`the lock on ${name}, where there is no table for a lease`, () => {
    let bench: LeaseBench;
    let first: Contender;
    let second: Contender;
    beforeEach(async () => {
      bench = await LeaseBench.open(serverOf(), '');
      first = bench.contend();
      await until(first.owner, 'owner');
      second = bench.contend();
      await until(second.owner, 'standby');
    });
    afterEach(() => bench.dispose());

    it('goes to another the moment its connection is lost', async () => {
      const [row] = await bench.under.admin.rows("SELECT IS_USED_LOCK('process-monitor/leases/host_id:7') AS holder");
      const lost = until(first.owner, 'standby');
      await bench.under.admin.run(`KILL ${String(row?.['holder'])}`);
      await Promise.race([until(second.owner, 'owner'), until(first.owner, 'owner')]);
      expect([first.owner.state().kind, second.owner.state().kind].filter((kind) => kind === 'owner')).toHaveLength(1);
      await Promise.race([lost, until(second.owner, 'standby')]);
    });

    it('is lost with a line that was cut, before another has it', async () => {
      await first.owner.release();
      await until(second.owner, 'owner');
      const proxy = await proxyTo(serverOf());
      await second.owner.release();
      const cut = bench.contend(through(proxy));
      await until(cut.owner, 'owner');
      const next = bench.contend();
      await until(next.owner, 'standby');
      const stopped = until(cut.owner, 'unsure').then(() => next.owner.state().kind);
      proxy.cut();
      await until(next.owner, 'owner');
      expect(await stopped).toBe('standby');
    });

    it('guards the writes too', async () => {
      await expect(second.store.writer.clear(id(1), CLEARING, never)).rejects.toMatchObject({ code: 'not_owner' });
      expect(await first.store.writer.clear(id(1), CLEARING, never)).toMatchObject({ kind: 'cleared' });
    });

    it('makes room for the lease as soon as there is a table, and never are there two', async () => {
      await bench.under.admin.run(
        'CREATE TABLE pm_lease (name VARCHAR(190) PRIMARY KEY, owner VARCHAR(64) NOT NULL, token BIGINT NOT NULL, beat BIGINT NOT NULL)',
      );
      const third = bench.contend();
      await until(third.owner, 'standby');
      for (let rows = await bench.rows(); rows[0]?.['owner'] === undefined || rows[0]['owner'] === '';)
        rows = await bench.rows();
      expect(await bench.rows()).toEqual([
        expect.objectContaining({ owner: expect.stringMatching(/^host-1\//) as string }),
      ]);
      expect([first, second, third].map(({ owner }) => owner.state().kind)).toEqual(['owner', 'standby', 'standby']);
    });

    it('is not trusted where the settings name several servers: then each acts, and says so', async () => {
      const [server] = bench.under.options().servers;
      if (server === undefined) throw new Error('no server');
      const { owner, warnings } = bench.contend({ servers: [server, server] });
      await until(owner, 'owner');
      expect(warnings).toEqual([expect.stringContaining('pm_lease')]);
    });
  });
}

/** A write of ours has reached the row of the lease, which somebody has locked. */
async function untilWaiting({ under }: LeaseBench): Promise<void> {
  const waiting =
    "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%STATUS_PROCESS%'";
  // The server gathers these facts anew only when nobody has asked for a tenth of a second.
  while ((await under.admin.rows(waiting)).length === 0) await sleep(110);
}

async function proxyTo(server: DatabaseServer): Promise<CuttableProxy> {
  const proxy = await startCuttableProxy(server.port);
  onTestFinished(() => proxy.close());
  return proxy;
}

function through(proxy: CuttableProxy): { readonly servers: [{ kind: 'tcp'; host: string; port: number }] } {
  return { servers: [{ kind: 'tcp', host: '127.0.0.1', port: proxy.port }] };
}

async function alarmOf(bench: LeaseBench): Promise<Record<string, unknown> | undefined> {
  const [row] = await bench.under.admin.rows('SELECT alarma, notes FROM STATUS_PROCESS');
  return row;
}
