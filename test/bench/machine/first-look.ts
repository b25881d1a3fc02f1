/** The bare limit of a start: connects, asks once, and says when it had the answer, in milliseconds since the epoch. */
import { createConnection } from 'mysql2/promise';

const connection = await createConnection({
  ...{ host: '127.0.0.1', user: 'monitor', database: 'monitor' },
  password: process.argv[2] ?? '',
});
await connection.execute('SELECT process_id FROM STATUS_PROCESS WHERE alarma = 1');
console.log(performance.timeOrigin + performance.now());
await connection.end();
