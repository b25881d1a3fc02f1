/**
 * The bare cost of a restart, measured beside the daemon: `systemctl restart` and the two SQL statements, nothing else.
 * Runs in the machine; arguments: password, then units. Prints JSON: milliseconds of each unit, one after the other.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';

const [password, ...units] = process.argv.slice(2);
const run = promisify(execFile);
const connection = await createConnection({ host: '127.0.0.1', user: 'monitor', password, database: 'monitor' });
const each = [];
const startedMs = performance.now();
for (const unit of units) {
  const beganMs = performance.now();
  await connection.execute('SELECT process_id FROM STATUS_PROCESS WHERE alarma = 1 AND sound = 0');
  await run('systemctl', ['restart', '--', unit]);
  await connection.execute('UPDATE STATUS_PROCESS SET alarma = 0, notes = ? WHERE process_id = ? AND alarma = 1', [
    'x',
    0,
  ]);
  each.push(performance.now() - beganMs);
}
console.log(JSON.stringify({ totalMs: performance.now() - startedMs, each }));
await connection.end();
