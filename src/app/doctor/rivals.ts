/** Whether somebody else restarts the same processes: a second monitor, the bash monitor, its watchdog. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finding, type Finding } from '../../domain/finding.js';
import { shellCommand } from '../../domain/shell-word.js';
import type { RunningProcess } from '../../domain/unit-state.js';
import { MONITOR_UNIT, showUnit, type DoctorContext } from './context.js';
import { endProgram } from './installation.js';

const OLD_UNIT = 'monitor_service.service';
const CRON_PLACES = ['/etc/cron.d', '/var/spool/cron/crontabs', '/var/spool/cron'];
const WATCHDOG = /^[^#\n]*monitor_(?:service|watchdog)/m;
/** Commands that only look or ask: no rival. */
const SHORT_COMMANDS = new Set(
  'config status restart explain match alarm breaker demo grant doctor migrate reload --version --help'.split(' '),
);

export async function examineRivals(context: DoctorContext): Promise<readonly Finding[]> {
  return [...(await secondMonitors(context)), ...(await oldMonitor(context)), ...cronWatchdogs()];
}

async function secondMonitors({ ports, unit }: DoctorContext): Promise<readonly Finding[]> {
  const main = Number(unit?.['MainPID'] ?? 0);
  const rivals = (await ports.table.list()).filter((running) => isMonitor(running, main, ports.table.ownPid));
  // Without systemd there is no unit that one of them could belong to: the first one is the monitor.
  const extra = unit === null ? rivals.slice(1) : rivals;
  if (extra.length === 0) return [finding('fine', 'rivals', 'rival_none')];
  return extra.map(({ identity: { pid } }) => finding('problem', 'rivals', 'rival', { pid, remedy: endProgram(pid) }));
}

/** Known by the program that Node was given; a container's monitors have processes of their own to look after. */
export function isMonitor({ identity, argv, isContained, unit }: RunningProcess, main: number, own: number): boolean {
  if (identity.pid === main || identity.pid === own || isContained || unit === MONITOR_UNIT) return false;
  const at = argv.findIndex((word) => /(?:^|\/)process-monitor\.js$/.test(word));
  const isNode = /(?:^|\/)node(?:js)?[\d.]*$/.test(argv[0] ?? '');
  return isNode && at > 0 && !argv.slice(at + 1).some((word) => SHORT_COMMANDS.has(word));
}

async function oldMonitor({ ask, unit }: DoctorContext): Promise<readonly Finding[]> {
  if (unit === null) return [];
  const old = await showUnit(ask, OLD_UNIT, ['Id', 'LoadState', 'ActiveState', 'UnitFileState']);
  if (old === null || old['LoadState'] === 'not-found' || old['Id'] === MONITOR_UNIT)
    return [finding('fine', 'rivals', 'predecessor_none')];
  const states = [old['ActiveState'] ?? '', old['UnitFileState'] ?? ''];
  const told = states.filter((state) =>
    ['active', 'activating', 'reloading', 'enabled', 'enabled-runtime'].includes(state),
  );
  if (told.length === 0) return [finding('fine', 'rivals', 'predecessor_none')];
  const remedy = `systemctl disable --now ${OLD_UNIT}`;
  return [finding('problem', 'rivals', 'predecessor_active', { state: told.join(', '), remedy })];
}

function cronWatchdogs(): readonly Finding[] {
  const files = ['/etc/crontab', ...CRON_PLACES.flatMap((directory) => filesIn(directory))];
  return files
    .filter((path) => WATCHDOG.test(textOf(path)))
    .map((path) => {
      const remedy = shellCommand('sed', '-i', '/^[^#]*monitor_\\(service\\|watchdog\\)/s/^/#/', '--', path);
      return finding('problem', 'rivals', 'predecessor_cron', { path, remedy });
    });
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => join(directory, name));
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
