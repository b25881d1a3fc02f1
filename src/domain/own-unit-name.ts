/** The names of the units that `grant` writes for one process. */

/** Fits any of them into the 255 bytes of a unit's name. */
const LONGEST = 200;
const PLAIN = /[A-Za-z0-9._-]/;

/** Holds the program of the process's `start_command`. One name for one process, on the whole system. */
export function ownUnitName(processName: string): string {
  return `pm-${encoded(processName)}.service`;
}

export type CommandPurpose = 'restart' | 'pre_restart';

/** Runs the process's `restart_command` or `pre_restart_command` as its `command_user`. */
export function commandUnitName(processName: string, purpose: CommandPurpose): string {
  return `pm-cmd@${encoded(processName)}-${purpose.replace('_', '')}.service`;
}

/**
 * Letters, digits, `.`, `_` and `-` stay, every other byte becomes `:` with two hexadecimal digits, so that no two names
 * meet: `billing worker` → `billing:20worker`. One that grows too long ends in `::` and a number made of the whole.
 */
function encoded(name: string): string {
  const text = [...new TextEncoder().encode(name)].map(encodedByte).join('');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 18).replace(/:[0-9a-f]?$/, '')}::${digest(text)}`;
}

function encodedByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return PLAIN.test(character) ? character : `:${byte.toString(16).padStart(2, '0')}`;
}

/** FNV-1a, 64 bits, of ASCII text. Source: RFC 9923. */
function digest(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
