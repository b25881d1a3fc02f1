/** Puts the parts of the MySQL adapter together. */
import type { AlarmStore } from '../../ports/alarm-store.js';
import type { Clock } from '../../ports/clock.js';
import { SOLE_OWNER } from '../../ports/ownership.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import { MysqlAlarmDesk } from './alarm-desk.js';
import { MysqlAlarmSource } from './alarm-source.js';
import { MysqlAlarmWriter } from './alarm-writer.js';
import { ConnectionPool } from './connection-pool.js';
import { examineStore } from './examination.js';
import { Fence } from './fence.js';
import { MysqlGateway } from './gateway.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { MysqlOptions } from './options.js';
import { reportStore } from './store-report.js';
import type { WriteRights } from './write-rights.js';

/** What may change while the store is open: it takes no other server, and so no other rows. */
export type MysqlTuning = Pick<
  MysqlOptions,
  'user' | 'password' | 'tls' | 'connectTimeoutMs' | 'queryTimeoutMs' | 'poolSize' | 'writeBack' | 'claims'
>;

export interface MysqlStore extends AlarmStore {
  /** Work under way ends on the connection it has; whatever is asked from now on goes by the new options. */
  retune(tuning: MysqlTuning): Promise<void>;
}

/** Connects at the first use, not here. */
export function connectMysql(given: MysqlOptions, clock: Clock, random: Random): MysqlStore {
  const options = { ...given };
  const pool = new ConnectionPool(options, clock, random);
  const gateway = new MysqlGateway(pool, clock, options.hostId);
  let keeper: LeaseKeeper | null = null;
  // Who has not asked for the rows is a person's own hand, or alone.
  const fence = new Fence(() => keeper?.fence() ?? { kind: 'open' }, { clock, random });
  return {
    source: new MysqlAlarmSource(gateway),
    writer: new MysqlAlarmWriter(gateway, options, fence),
    desk: new MysqlAlarmDesk(gateway),
    own: (warn) => {
      if (options.lease === null) return SOLE_OWNER;
      keeper ??= new LeaseKeeper(options, options.lease, { clock, random, warn });
      return keeper;
    },
    probe: (signal) => {
      gateway.forget();
      return gateway.use(signal, async (connection, schema) => {
        const rights = await rightsNow(gateway.rights(connection, schema, signal));
        return reportStore(connection, { schema, rights, options, isOwning: keeper !== null }, signal);
      });
    },
    retune: async (tuning) => {
      Object.assign(options, tuning);
      gateway.forget();
      await pool.renew();
    },
    examine: (signal) =>
      gateway.use(signal, (connection, schema) => examineStore({ connection, schema, options, clock }, signal)),
    close: async () => {
      await keeper?.release();
      await pool.close();
    },
  };
}

/** A server that takes no writes at the moment is told as such by the report; it is no reason to tell nothing. */
async function rightsNow(rights: Promise<WriteRights>): Promise<WriteRights> {
  try {
    return await rights;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'read_only') return 'none';
    throw error;
  }
}
