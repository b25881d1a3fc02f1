/** Puts the parts of the MySQL adapter together. */
import type { AlarmStore } from '../../ports/alarm-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import { MysqlAlarmDesk } from './alarm-desk.js';
import { MysqlAlarmSource } from './alarm-source.js';
import { MysqlAlarmWriter } from './alarm-writer.js';
import { ConnectionPool } from './connection-pool.js';
import { MysqlGateway } from './gateway.js';
import type { MysqlOptions } from './options.js';
import { reportStore } from './store-report.js';
import type { WriteRights } from './write-rights.js';

/** Connects at the first use, not here. */
export function connectMysql(options: MysqlOptions, clock: Clock, random: Random): AlarmStore {
  const pool = new ConnectionPool(options, clock, random);
  const gateway = new MysqlGateway(pool, clock, options.hostId);
  return {
    source: new MysqlAlarmSource(gateway),
    writer: new MysqlAlarmWriter(gateway, options.writeBack),
    desk: new MysqlAlarmDesk(gateway),
    probe: (signal) => {
      gateway.forget();
      return gateway.use(signal, async (connection, schema) => {
        const rights = await rightsNow(gateway.rights(connection, schema, signal));
        return reportStore(connection, { schema, rights, options }, signal);
      });
    },
    close: () => pool.close(),
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
