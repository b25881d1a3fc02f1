/** Names of units as `systemctl` may be given them: nothing that it would take for an option, a glob, a path or a job. */

const SUFFIX = /\.(?:service|socket|timer|path|target|mount|automount|swap|slice|scope|device)$/;
const PLAIN = /^[A-Za-z0-9:_][A-Za-z0-9:_.\\-]*(?:@[A-Za-z0-9:_.\\-]+)?$/;
const TEMPLATE = /@\.[a-z]+$/;
const LONGEST = 255;

/**
 * The full name of a unit, `.service` added where there is no suffix; null where it cannot be the name of one unit.
 * The suffix is ours to add: `systemctl` takes a bare number for a job.
 * Source: systemd.unit(5), "Description".
 */
export function toUnitName(name: string): string | null {
  const unit = SUFFIX.test(name) ? name : `${name}.service`;
  return unit.length <= LONGEST && PLAIN.test(unit) && !TEMPLATE.test(unit) ? unit : null;
}
