/** When something happened to a unit, as systemd itself has noted it. */
import type { BootedMachine } from '../system/support/booted-machine.js';

/** Milliseconds since the epoch, to the microsecond. */
export async function unitMoment(
  machine: BootedMachine,
  unit: string,
  property: 'ActiveEnterTimestamp' | 'InactiveEnterTimestamp',
): Promise<number> {
  const shown = await machine.must(`systemctl show --timestamp=us+utc -p ${property} --value ${unit}`);
  // `Fri 2026-11-20 21:30:01.123456 UTC`
  const [, date = '', time = ''] = shown.split(' ');
  return Date.parse(`${date}T${time.slice(0, 12)}Z`) + Number(time.slice(12)) / 1000;
}
