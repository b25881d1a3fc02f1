/** The environment of this program, as those who read settings from it are handed it. */

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Called by the command line alone. */
export function currentEnvironment(): Environment {
  return process.env;
}

/** Where the message bus of the system is, as D-Bus writes addresses; null: where it always is. */
export function systemBusAddress(): string | null {
  const address = process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? '';
  return address === '' ? null : address;
}

const NOTIFY_LINE = 'PROCESS_MONITOR_NOTIFY';

/** What the launcher says of the line to systemd, once: it is taken out, so that no command of ours finds it. */
export function takeNotifyLine(): string | null {
  const text = process.env[NOTIFY_LINE] ?? null;
  Reflect.deleteProperty(process.env, NOTIFY_LINE);
  return text;
}
