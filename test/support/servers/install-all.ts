/** Before the contract tests: every database server is there once, so that test files side by side do not install it twice. */
import { whyNoGalera } from './galera.js';
import { whyNoMariadb } from './mariadb.js';
import { whyNoMysql } from './mysql.js';

export async function setup(): Promise<void> {
  // One after another: each is a package manager at work. What cannot be had is said by the tests that need it.
  await whyNoMariadb();
  await whyNoGalera();
  await whyNoMysql();
}
