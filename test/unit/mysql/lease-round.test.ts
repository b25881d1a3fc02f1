/** What a monitor asks the server, sign of life after sign of life, where there is no table for a lease. */
import { describe, expect, it } from 'vitest';
import type { MysqlConnection } from '../../../src/adapters/mysql/connection.js';
import { LeaseRounds } from '../../../src/adapters/mysql/lease-round.js';
import type { Row } from '../../../src/adapters/mysql/row.js';
import type { Statement } from '../../../src/adapters/mysql/sql.js';
import { StoreError } from '../../../src/ports/store-error.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeRandom } from '../../support/fake-random.js';

const LEASE_MS = 15_000;
const never = new AbortController().signal;

const OPEN: Omit<MysqlConnection, 'rows' | 'change'> = {
  address: { kind: 'tcp', host: 'db', port: 3306 },
  server: { version: '11.4', isReadOnly: false, isCaseSensitive: true, isClustered: false },
  end: 'none',
  where: 'db/monitor',
  destroy: () => undefined,
  close: () => Promise.resolve(),
};

class Server {
  readonly asked: string[] = [];
  holder: string | null = null;
  hasTable = false;

  /** A new connection to it, whose number is `id`. */
  connect(id: string): MysqlConnection {
    const rows = ({ what }: Statement): Promise<readonly Row[]> => {
      this.asked.push(what);
      if (what === 'read the lease') return this.#lease();
      if (what === 'take the lock') this.holder ??= id;
      return Promise.resolve([{ isOurs: this.holder === id ? '1' : '0', holderId: this.holder, ourId: id }]);
    };
    const change = ({ what }: Statement): Promise<number> => {
      this.asked.push(what);
      return Promise.resolve(1);
    };
    return { ...OPEN, rows, change };
  }

  /** What was asked since the last time. */
  news(): readonly string[] {
    return this.asked.splice(0);
  }

  #lease(): Promise<readonly Row[]> {
    if (this.hasTable) return Promise.resolve([{ owner: '', token: '0', beat: '0' }]);
    return Promise.reject(new StoreError('read the lease on db: no table pm_lease', 'schema', false));
  }
}

function contend(): { readonly server: Server; readonly clock: FakeClock; readonly rounds: LeaseRounds } {
  const clock = new FakeClock();
  const terms = { name: 'sole', holder: { host: 'web-1', pid: 1 }, timeMs: LEASE_MS };
  const deps = { terms, key: { name: 'sole', database: null }, lockName: 'lock', clock, random: new FakeRandom() };
  return { server: new Server(), clock, rounds: new LeaseRounds(deps) };
}

describe('a monitor that holds the lock', () => {
  it('proves it at each sign of life, and asks for the table only after four times of a lease', async () => {
    const { server, clock, rounds } = contend();
    const connection = server.connect('7');
    expect(await rounds.next(connection, never)).toMatchObject({ kind: 'lock' });
    expect(server.news()).toContain('read the lease');
    for (let beat = 1; beat < 12; beat += 1) {
      await clock.advance(LEASE_MS / 3);
      expect(await rounds.next(connection, never)).toMatchObject({ kind: 'lock', connectionId: '7' });
      expect(server.news()).toHaveLength(1);
    }
    server.hasTable = true;
    await clock.advance(LEASE_MS / 3);
    expect(await rounds.next(connection, never)).toMatchObject({ kind: 'lease' });
    expect(server.news()).toContain('read the lease');
  });

  it('asks for the table again as soon as it has lost the lock', async () => {
    const { server, rounds } = contend();
    const connection = server.connect('7');
    await rounds.next(connection, never);
    server.holder = '8';
    expect(await rounds.next(connection, never)).toMatchObject({ kind: 'other' });
    server.news();
    await rounds.next(connection, never);
    expect(server.news()).toContain('read the lease');
  });

  it('asks for the table at once on a new connection, and sees whose lease it is', async () => {
    const { server, rounds } = contend();
    await rounds.next(server.connect('7'), never);
    server.holder = null;
    server.hasTable = true;
    expect(await rounds.next(server.connect('9'), never)).toMatchObject({ kind: 'lease' });
  });
});
