/** Names and notes of strangers: what they do to a careless program, and more of their kind. */
import fc from 'fast-check';

/** As units, options, globs, paths, shell text, control text: each did harm to somebody, or tried. */
export const HOSTILE_NAMES: readonly string[] = [
  ...['*', '*.service', '?', '[a-z]*', '{a,b}', 'a*', '~', '.', '..', '../x', '../../etc/passwd', './x', '.hidden'],
  ...[
    '-',
    '--',
    '-H',
    '-a',
    '--help',
    '--version',
    '--host=127.0.0.1',
    '--all',
    '--no-block',
    '--root=/tmp/x',
    '-Hroot@x',
  ],
  ...['reboot.target', 'poweroff.target', 'halt.target', 'ctrl-alt-del.target', 'emergency.target', 'rescue.target'],
  ...['sysinit.target', 'shutdown.target', 'umount.target', 'network.target', 'kexec.target', 'exit.target'],
  ...[
    'systemd-reboot.service',
    'systemd-poweroff',
    'systemd-journald',
    'init.scope',
    '-.slice',
    'system.slice',
    'user.slice',
  ],
  ...['dbus', 'dbus.service', 'dbus.socket', 'polkit', 'sshd', 'user@0.service', 'getty@tty1', 'process-monitor'],
  ...[
    'process-monitor.service',
    'process-monitor@x',
    '/home',
    '/etc/systemd/system/foo.service',
    'foo/bar',
    'dev-sda.device',
  ],
  ...[
    'a b',
    ' a',
    'a ',
    'a b; touch /tmp/x',
    'a;reboot',
    'a|b',
    'a&b',
    'a&&b',
    'a||b',
    '$(touch /tmp/x)',
    '`touch /tmp/x`',
  ],
  ...[
    '${IFS}x',
    '$HOME',
    "a'b",
    'a"b',
    "'; touch /tmp/x; '",
    '"; touch /tmp/x; "',
    '\\',
    '>x',
    '<x',
    '(x)',
    '#x',
    '!x',
  ],
  ...[
    'a\nb',
    'a\r\nb',
    'x\nMAINPID=1',
    'x\nREADY=1',
    'a\tb',
    'a\0b',
    '\0',
    '\u001b[2J',
    '\u001b]0;x\u0007',
    'a\bb',
    '\u0085x',
  ],
  ...[
    '\u202eevil',
    '\u2066x\u2069',
    'x\u2028y',
    '\ufeffx',
    '\u200bx',
    'é',
    'ș',
    '🙂',
    'ａｂ',
    'a\u0301',
    '\u0430pache',
    '％s',
  ],
  ...[
    '',
    ' ',
    '\t',
    '%s',
    '%n',
    '%d%d',
    '%%',
    'a=b',
    'a,b',
    'a@b@c',
    't@',
    't@.service',
    't@user.slice',
    't@init.scope',
    '@x',
    'x'.repeat(248),
    'x'.repeat(5000),
  ],
  ...[
    "' OR 1=1 -- ",
    "'; DROP TABLE PROCESE; -- ",
    '__proto__',
    'constructor',
    'toString',
    'null',
    'NULL',
    'undefined',
    'NaN',
  ],
];

/** None of them is restarted where everything is handled, though it could be the name of a unit. */
export const HARMLESS_LOOKING: ReadonlySet<string> = new Set([
  ...['__proto__', 'constructor', 'toString', 'null', 'NULL', 'undefined', 'NaN'],
]);

/** One of them, two of them glued together, or any text. */
export const hostileName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_NAMES),
  fc
    .tuple(fc.constantFrom(...HOSTILE_NAMES), fc.constantFrom(...HOSTILE_NAMES, 'app', '.service'))
    .map((two) => two.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.stringMatching(/^[a-z:_.@\\-]{1,20}$/),
);

/** What a name must look like to be handed to systemd, written down a second time, apart from the program. */
export function mayBeUnit(name: string): boolean {
  const full = name.endsWith('.service') ? name : `${name}.service`;
  if (full.length > 255 || !/^[A-Za-z0-9:_][A-Za-z0-9:_.\\-]*(@[A-Za-z0-9:_.\\-]+)?\.service$/.test(full)) return false;
  const base = full.slice(0, -'.service'.length);
  if (/\.(target|slice|scope|mount|automount|swap|device|socket|timer|path)$/.test(base)) return false;
  const [stem = base] = base.split('@');
  return !NEVER.has(base.includes('@') ? `${stem}@` : base) && !base.startsWith('systemd-');
}

const NEVER = new Set([
  ...[
    'process-monitor',
    'process-monitor@',
    'dbus',
    'dbus-broker',
    'polkit',
    'ssh',
    'sshd',
    'init',
    'systemd',
    'user@',
    'getty@',
  ],
  ...[
    'emergency',
    'rescue',
    'reboot',
    'poweroff',
    'halt',
    'shutdown',
    'kexec',
    'mysql',
    'mysqld',
    'mariadb',
    'mariadb@',
  ],
]);
