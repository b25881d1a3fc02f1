/** Finds the systemd unit in what /proc/PID/cgroup says. */

const UNIT = /\.(?:service|scope)$/;

/**
 * The innermost service or scope; null outside systemd. Understands the one line of cgroup2 (`0::/system.slice/x.service`)
 * and, where both hierarchies are mounted, the line of systemd's own (`1:name=systemd:/system.slice/x.service`).
 */
export function unitOfCgroup(text: string): string | null {
  const paths = text.split('\n').flatMap((line) => {
    const [, controllers, ...path] = line.split(':');
    if (controllers !== '' && controllers !== 'name=systemd') return [];
    return [path.join(':')];
  });
  for (const path of paths) {
    const unit = path.split('/').findLast((part) => UNIT.test(part));
    // systemd puts an underscore before a name that could be taken for a file of the kernel's.
    if (unit !== undefined) return unit.startsWith('_') ? unit.slice(1) : unit;
  }
  return null;
}
