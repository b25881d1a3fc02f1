/** What the monitor runs on: Node, systemd, control groups, SELinux. */
import { existsSync, readFileSync } from 'node:fs';
import { versions } from 'node:process';
import { finding, type Finding } from '../../domain/finding.js';
import type { UnitWayState } from '../unit-way.js';
import type { DoctorContext } from './context.js';

const ABOUT = 'host';
const OLDEST_SYSTEMD = 239;
/** Since which version there is what the unit or the manual makes use of. */
const SINCE: readonly (readonly [version: number, what: string])[] = [
  [243, 'OOMPolicy'],
  [245, 'ProtectClock'],
  [247, 'LoadCredential, ProtectProc'],
];

export async function examineRuntime({ ask, unit, ports }: DoctorContext): Promise<readonly Finding[]> {
  return [
    judgeNode(versions.node),
    unit === null ? finding('warning', ABOUT, 'systemd_none') : judgeSystemd(await ask('systemctl', '--version')),
    ...(unit === null ? [] : [judgeUnitWay(await ports.askUnitWay())]),
    existsSync('/sys/fs/cgroup/cgroup.controllers')
      ? finding('fine', ABOUT, 'cgroup_good')
      : finding('warning', ABOUT, 'cgroup_old'),
    ...(isEnforcing() ? [finding('warning', ABOUT, 'selinux_enforcing')] : []),
  ];
}

export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isGood = major > 20 || (major === 20 && minor >= 17);
  return finding(isGood ? 'fine' : 'problem', ABOUT, isGood ? 'node_good' : 'node_old', { version });
}

/** Example of its first line: `systemd 252 (252.39-1~deb12u1)`. */
export function judgeSystemd(answer: { readonly output: string } | null): Finding {
  const version = /^systemd (\d+)/.exec(answer?.output ?? '')?.[1];
  if (version === undefined) return finding('warning', ABOUT, 'systemd_none');
  if (Number(version) < OLDEST_SYSTEMD) return finding('problem', ABOUT, 'systemd_old', { version });
  const lacks = SINCE.filter(([since]) => Number(version) < since).map(([, what]) => what);
  return lacks.length === 0
    ? finding('fine', ABOUT, 'systemd_good', { version })
    : finding('warning', ABOUT, 'systemd_lacks', { version, what: lacks.join(', ') });
}

export function judgeUnitWay({ choice, problem }: UnitWayState): Finding {
  if (choice === 'systemctl') return finding('fine', ABOUT, 'units_by_command');
  if (problem === null) return finding('fine', ABOUT, 'units_by_bus');
  return finding(choice === 'dbus' ? 'problem' : 'warning', ABOUT, choice === 'dbus' ? 'bus_needed' : 'bus_none', {
    why: problem,
  });
}

function isEnforcing(): boolean {
  try {
    return readFileSync('/sys/fs/selinux/enforce', 'latin1').trim() === '1';
  } catch {
    return false;
  }
}
