/** The scripted bus of the tests, and the real one, keep the contract of a message bus. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe } from 'vitest';
import { BusClient, type TestSignal } from '../support/bus-client.js';
import { ScriptedBus } from '../support/scripted-bus.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { messageBusContract } from './message-bus-contract.js';

const DAEMON = '/usr/bin/dbus-daemon';

describe('scripted bus', () => {
  let bus: ScriptedBus;
  beforeEach(async () => {
    bus = new ScriptedBus(await temporaryDirectory());
    await bus.start();
  });
  afterEach(() => bus.stop());

  messageBusContract(() => ({
    path: bus.path,
    emit: async ({ text, ...origin }) => bus.signal(origin, 's', [text]),
  }));
});

describe.skipIf(!existsSync(DAEMON))('dbus-daemon', () => {
  let daemon: ChildProcess;
  let path: string;
  beforeEach(async () => {
    const directory = await temporaryDirectory();
    path = join(directory, 'bus');
    await writeFile(join(directory, 'bus.conf'), configuration(path));
    const args = [`--config-file=${join(directory, 'bus.conf')}`, '--nofork', '--nosyslog', '--print-address=1'];
    daemon = spawn(DAEMON, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const failed = once(daemon, 'exit').then(([code]) => Promise.reject(new Error(`dbus-daemon exited with ${code}`)));
    failed.catch(() => undefined);
    // Its address: it listens.
    await Promise.race([daemon.stdout === null ? failed : once(daemon.stdout, 'data'), failed]);
  });
  afterEach(async () => {
    if (daemon.exitCode !== null) return;
    const ended = once(daemon, 'exit');
    daemon.kill();
    await ended;
  });

  messageBusContract(() => ({
    path,
    emit: async (signal: TestSignal) => {
      const sender = await BusClient.open(path);
      sender.signal(signal);
      // Its answer comes when the signal is on its way.
      await sender.call('NameHasOwner', ['org.example']);
    },
  }));
});

/** As the bus of a system, but that everybody may do everything. */
function configuration(path: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow send_type="signal"/>
    <allow receive_type="signal"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
  </policy>
</busconfig>
`;
}
