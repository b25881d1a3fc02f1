/** Names that are never restarted on the word of a row: the monitor itself, and what a whole machine stands on. */

const SELF = /^process-monitor(?:@.*)?$/;

/** Their restart cuts off logins, the bus, the service manager or the database, or starts a program that ends the machine. */
const PROTECTED =
  /^(?:dbus|dbus-broker|dbus-daemon|polkit|polkitd|sshd|ssh|init|systemd|systemd-.+|user@.*|user-runtime-dir@.*|getty@.*|serial-getty@.*|console-getty|autovt@.*|emergency|rescue|poweroff|reboot|halt|shutdown|kexec|telinit|suspend|hibernate|mysql|mysqld|mysqld@.*|mariadb|mariadbd|mariadb@.*)$/;

/** Unit types that are not services: restarting one can stop the machine. */
const OTHER_UNIT_TYPE = /\.(?:target|slice|scope|mount|automount|swap|device|socket|timer|path)$/;

/**
 * Why this name must be left alone; null: it need not. `names` are all names of one thing: as configured, the unit's
 * canonical name and its aliases. The monitor itself stays protected even where `allowProtected` is set.
 */
export function protection(names: readonly string[], allowProtected: boolean): string | null {
  for (const name of names) {
    const base = (name.split('/').pop() ?? name).replace(/\.service$/, '');
    if (SELF.test(base)) return `${name} is the monitor itself`;
    if (OTHER_UNIT_TYPE.test(base)) return `${name} is not a service`;
    if (PROTECTED.test(base) && !allowProtected)
      return `${name} is protected; allow_protected = yes in its section lifts this`;
  }
  return null;
}
