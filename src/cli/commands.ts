/** Every command but the daemon and `status`, as one part of the program: loaded together, because they share most of what they need. */
export { alarmMenu } from './alarm-menu.js';
export { changeAlarms, listAlarms } from './alarm.js';
export { randomAlarms } from './alarm-random.js';
export { listBreakers, setBreaker } from './breaker.js';
export { checkConfig } from './config-check.js';
export { showConfig } from './config-show.js';
export { demo } from './demo.js';
export { doctor } from './doctor.js';
export { explain } from './explain.js';
export { grantRights } from './grant.js';
export { match } from './match.js';
export { migrateTables } from './migrate.js';
export { reload } from './reload.js';
export { restart } from './restart.js';
