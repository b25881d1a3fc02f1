/** What a test machine needs of the host, and how to tell that it is missing. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';

/** A program that every machine needs, and the Debian package that brings it. */
const NEEDED = [
  ['/lib/systemd/systemd', 'systemd'],
  ['/usr/bin/dbus-daemon', 'dbus'],
  ['/usr/lib/polkit-1/polkitd', 'polkitd'],
  ['/usr/bin/mariadb', 'mariadb-client'],
  ['/usr/sbin/mariadbd', 'mariadb-server'],
] as const;

let known: { readonly reason: string | null } | undefined;

/** Says why no machine can be booted here; null: it can. Installs missing packages where apt-get and the rights are there. */
export function whyNoMachines(): string | null {
  known ??= { reason: findObstacle() };
  return known.reason;
}

/** Mount point of the cgroup2 file system; null: there is none. */
export function controlGroupRoot(): string | null {
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((mount) => mount.includes(' - cgroup2 '));
  return line?.split(' ')[4] ?? null;
}

function findObstacle(): string | null {
  if (process.platform !== 'linux') return 'they need Linux';
  if (process.getuid?.() !== 0) return 'they need root';
  const root = controlGroupRoot();
  if (root === null) return 'no cgroup2 file system is mounted';
  return whyNoControlGroup(root) ?? whyNoNamespaces() ?? installMissing();
}

function whyNoControlGroup(root: string): string | null {
  const probe = `${root}/machine-probe-${process.pid}`;
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return null;
  } catch (cause: unknown) {
    return `no control group can be made: ${String(cause)}`;
  }
}

function whyNoNamespaces(): string | null {
  const line = `command -v setpriv nsenter >/dev/null && unshare --mount --uts --ipc --pid --cgroup --net --fork \
    --kill-child mount -t tmpfs tmpfs /mnt`;
  const { status, stderr } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
  return status === 0 ? null : `namespaces or mounts are not allowed: ${stderr.trim()}`;
}

function installMissing(): string | null {
  const missing = () => NEEDED.filter(([file]) => !existsSync(file)).map(([, name]) => name);
  if (missing().length > 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const line = `apt-get -q update
      apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"`;
    spawnSync('sh', ['-c', line, 'sh', ...missing()], { env, stdio: 'ignore', timeout: 600_000 });
  }
  return missing().length === 0 ? null : `these packages are missing and cannot be installed: ${missing().join(', ')}`;
}
