/** The bare limit of memory: a process that loads what the daemon loads and looks each second. Argument: the password. */
import { Command } from 'commander';
import { parse } from 'ini';
import { createConnection } from 'mysql2/promise';
import { pino } from 'pino';
import { z } from 'zod';

const settings = z.strictObject({ database: z.strictObject({ user: z.string() }) });
const { database } = settings.parse(parse('[database]\nuser = monitor\n'));
new Command().name(database.user);
const log = pino({ level: 'info' });
const connection = await createConnection({
  ...{ host: '127.0.0.1', database: 'monitor' },
  ...{ user: database.user, password: process.argv[2] ?? '' },
});
log.info('ready');
setInterval(() => {
  void connection.execute('SELECT process_id FROM STATUS_PROCESS WHERE alarma = 1');
}, 1000);
