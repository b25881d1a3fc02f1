/** A plain connection to a server under test: what an operator, or the system that raises alarms, would use. */
import { createConnection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';

export interface SqlClient {
  /** Several statements at once, separated by semicolons. */
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** Ends a connection to the server; one that has gone by itself meanwhile is no fault. */
export async function killConnection(admin: SqlClient, number: number): Promise<void> {
  await admin.run(`KILL ${number}`).catch((cause: unknown) => {
    if (!String(cause).includes('Unknown thread id')) throw cause;
  });
}

/** Knows no deadline: for tests only. */
export async function openSqlClient(options: ConnectionOptions): Promise<SqlClient> {
  const connection = await createConnection({ ...options, multipleStatements: true });
  // A server that the test stops or kills takes this connection with it.
  connection.on('error', () => undefined);
  return {
    run: async (sql) => {
      await connection.query(sql);
    },
    rows: async (sql) => {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    },
    close: async () => {
      await connection.end().catch(() => {
        connection.destroy();
      });
    },
  };
}
