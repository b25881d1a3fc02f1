/** The main journey by each way to systemd that `unit_manager` names, and which programs it takes. */
import { expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, SLEEPER } from './support/monitored-machine.js';

/** Stands before the real one in the daemon's PATH, and writes down what it is asked. */
const RECORDER = `#!/bin/sh
echo "$*" >>"/run/process-monitor/asked-$(id -u)"
exec /usr/bin/systemctl "$@"
`;

describeOnMachine('the way to systemd', () => {
  it.each([
    ['systemctl', true],
    ['dbus', false],
    ['auto', false],
  ])('with unit_manager = %s: restarts, proves and clears; by the command: %s', async (choice, isByCommand) => {
    await using host = await bootMonitored({
      name: `way-${choice}`,
      processes: '[process.web]\nrestart_strategy = service\nsettle_time = 1\n',
      monitor: `unit_manager = ${choice}`,
      units: { 'web.service': SLEEPER },
    });
    await host.addProcesses(['web']);
    await host.machine.must('systemctl start web');
    await host.machine.write('/usr/local/bin/systemctl', RECORDER, 0o755);
    await host.start();
    const before = await host.show('web', 'MainPID');
    await host.raise(1);
    await host.waitUntilClear(1);
    expect(await host.show('web', 'MainPID')).not.toBe(before);
    // The test itself asks for states in the machine too, as root.
    const asked = await host.machine.sh('cat /run/process-monitor/asked-[1-9]* | grep -cE "restart|show"');
    expect(Number(asked.stdout) > 0).toBe(isByCommand);
  });
});
