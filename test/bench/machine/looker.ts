/**
 * The bare limit of an idle monitor: asks the database what is in alarm, again and again, over one connection.
 * Arguments: password, user and database, milliseconds from one look to the next; without any: a timer alone.
 */
import { createConnection } from 'mysql2/promise';

const [password, user, everyMs] = process.argv.slice(2);

if (password === undefined || user === undefined) setInterval(() => undefined, 1000);
else {
  const connection = await createConnection({ host: '127.0.0.1', user, password, database: user });
  setInterval(() => {
    void connection.execute(
      'SELECT s.process_id, p.process_name, s.notes FROM STATUS_PROCESS s LEFT JOIN PROCESE p ' +
        'ON p.process_id = s.process_id WHERE s.alarma = 1 AND (s.sound = 0 OR s.sound IS NULL)',
    );
  }, Number(everyMs));
}
