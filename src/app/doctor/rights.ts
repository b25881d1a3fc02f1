/** As whom the monitor runs, and whether polkit lets it do what the settings need. */
import { finding, type Finding } from '../../domain/finding.js';
import { shellCommand } from '../../domain/shell-word.js';
import { grantDrift } from '../grant.js';
import { showUnit, type DoctorContext } from './context.js';

const ABOUT = 'rights';
const ACTION = 'org.freedesktop.systemd1.manage-units';

export async function examineRights(context: DoctorContext): Promise<readonly Finding[]> {
  const { unit, settings } = context;
  if (unit?.['LoadState'] !== 'loaded') return [];
  const user = unit['User'] ?? '';
  if (user === '' || user === 'root') return [finding('warning', ABOUT, 'rights_root')];
  const services = [...(await examineService(context, 'dbus')), ...(await examineService(context, 'polkit'))];
  const granted = settings === null ? [finding('skipped', ABOUT, 'needs_settings')] : await examineGrants(context);
  return [finding('fine', ABOUT, 'rights_user', { user }), ...services, ...granted];
}

/** Bus and polkit are started when they are needed: only what is masked, missing or failed is in the way. */
async function examineService({ ask }: DoctorContext, name: string): Promise<readonly Finding[]> {
  const unit = `${name}.service`;
  const state = await showUnit(ask, unit, ['LoadState', 'ActiveState']);
  if (state === null) return [];
  if (state['LoadState'] === 'masked')
    return [
      finding('problem', ABOUT, 'service_down', {
        unit,
        remedy: `systemctl unmask ${unit} && systemctl start ${unit}`,
      }),
    ];
  if (state['LoadState'] === 'not-found') return [finding('problem', ABOUT, 'program_missing', { program: unit })];
  return state['ActiveState'] === 'failed'
    ? [finding('problem', ABOUT, 'service_down', { unit, remedy: `systemctl restart ${unit}` })]
    : [finding('fine', ABOUT, 'service_up', { unit })];
}

async function examineGrants(context: DoctorContext): Promise<readonly Finding[]> {
  const { settings, ports, configFile, isRoot } = context;
  if (settings === null) return [];
  // The directory of polkit's rules is often closed to everybody else.
  if (!isRoot) return [finding('skipped', ABOUT, 'needs_root')];
  const drift = await grantDrift(settings, ports);
  if (typeof drift === 'string') return [finding('warning', ABOUT, 'said', { text: drift })];
  const { plan, comparison } = drift;
  const remedy = shellCommand('process-monitor', '--config', configFile, 'grant');
  const paths = comparison.changes.map(({ path }) => path).join(', ');
  const units = [...new Set(plan.grants.map(({ unit }) => unit))];
  return [
    paths === ''
      ? finding('fine', ABOUT, 'rights_in_step')
      : finding('problem', ABOUT, 'rights_drift', { paths, remedy }),
    ...comparison.obstacles.map((text) => finding('problem', ABOUT, 'said', { text })),
    ...plan.refusals.map(({ processName, detail }) =>
      finding('warning', processName ?? ABOUT, 'rights_refused', { detail }),
    ),
    ...(await askPolkit(context, units, remedy)),
  ];
}

async function askPolkit(
  { ask, unit }: DoctorContext,
  units: readonly string[],
  remedy: string | null,
): Promise<readonly Finding[]> {
  const pid = unit?.['MainPID'] ?? '0';
  if (units.length === 0) return [];
  if (pid === '0') return [finding('skipped', ABOUT, 'rights_not_asked')];
  const findings: Finding[] = [];
  for (const name of units) {
    const details = ['--detail', 'unit', name, '--detail', 'verb', 'restart'];
    const answer = await ask('pkcheck', '--action-id', ACTION, '--process', pid, ...details);
    if (answer === null) return [finding('skipped', ABOUT, 'program_missing', { program: 'pkcheck' })];
    findings.push(
      answer.exitCode === 0
        ? finding('fine', ABOUT, 'rights_good', { unit: name })
        : finding('problem', ABOUT, 'rights_denied', { unit: name, remedy }),
    );
  }
  return findings;
}
