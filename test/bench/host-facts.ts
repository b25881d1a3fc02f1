/** What the machine is that was measured on; nothing that names it. */
import { arch, cpus, loadavg, release, totalmem } from 'node:os';
import type { BootedMachine } from '../system/support/booted-machine.js';
import type { MachineFacts } from './report.js';

export async function factsOf(machine: BootedMachine): Promise<MachineFacts> {
  const version = async (command: string): Promise<string> =>
    /\d+(\.\d+)*/.exec((await machine.must(command)).split('\n')[0] ?? '')?.[0] ?? '?';
  return {
    processor: `${cpus()[0]?.model.trim() ?? '?'} (${arch()})`,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release().replace(/-.*/, ''),
    systemd: await version('systemctl --version'),
    mariadb: await version("mariadbd --version | sed 's/.*Ver //'"),
    node: process.versions.node,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}
