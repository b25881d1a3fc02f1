/** The daemon with so many processes in tables of their own, and nothing to do. */
import { CONFIG_FILE } from '../system/support/monitored-machine.js';
import { LEAN_POLICY, startDaemon, stopDaemon, type Rig, type Settings } from './rig.js';

export interface Known {
  readonly rows: number;
  /** So many of them have one in the settings; the others are by the default. */
  readonly sections: number;
}

/** Starts nothing by itself; the daemon is stopped and has its usual settings again afterwards. */
export async function knowing<T>(
  rig: Rig,
  { rows, sections: listed }: Known,
  settings: Settings,
  body: () => Promise<T>,
): Promise<T> {
  const { machine } = rig.host;
  await startDaemon(rig, settings);
  await stopDaemon(rig);
  const kept = await machine.read(CONFIG_FILE);
  const sections = Array.from({ length: listed }, (_, index) => `[process.known-${index + 1}]`).join('\n');
  await rig.host.sql(`CREATE DATABASE known; USE known; CREATE TABLE PROCESE LIKE monitor.PROCESE;
    CREATE TABLE STATUS_PROCESS LIKE monitor.STATUS_PROCESS; GRANT SELECT, UPDATE ON known.* TO monitor@'%';
    INSERT INTO PROCESE SELECT seq, CONCAT('known-', seq) FROM seq_1_to_${rows};
    INSERT INTO STATUS_PROCESS SELECT seq, 0, 0, '' FROM seq_1_to_${rows}`);
  const head = kept.slice(0, kept.indexOf('[process.default]')).replace('database = monitor\n', 'database = known\n');
  await machine.write(CONFIG_FILE, `${head}[process.default]\n${LEAN_POLICY}\n${sections}\n`, 0o640);
  try {
    return await body();
  } finally {
    await stopDaemon(rig);
    await machine.write(CONFIG_FILE, kept, 0o640);
    await rig.host.sql('DROP DATABASE known');
  }
}
