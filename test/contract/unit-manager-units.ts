/** The units that the contract of a unit manager is about: each as systemd reads it, and as the fake plays it. */
import type { FakeUnit } from '../support/fake-unit-manager.js';

export interface ContractUnit {
  /** Text of the unit file; null: there is none. */
  readonly file: string | null;
  readonly fake: FakeUnit;
}

const service = (...lines: readonly string[]) => `[Service]\n${lines.join('\n')}\n`;
const unlimited = '[Unit]\nStartLimitIntervalSec=0\n';
// systemd forgets a dead unit at once unless a living one refers to it.
const remembers = 'After=conditional.service work.service\n';
const runs = service('ExecStart=/bin/sleep 1000');

export const CONTRACT_UNITS = {
  'steady.service': { file: unlimited + remembers + runs, fake: { initially: { kind: 'runs' } } },
  'canonical.service': { file: runs, fake: { aliases: ['alias.service'] } },
  'instance@one.service': { file: null, fake: {} },
  'short-lived.service': {
    file: service('ExecStart=/bin/sh -c "sleep 2; exit 3"'),
    fake: { restarts: [{ life: { kind: 'exits', afterMs: 2000, status: 3 } }] },
  },
  'failing.service': {
    file: service('Type=oneshot', 'ExecStart=/bin/sh -c "exit 4"'),
    fake: {
      properties: { type: 'oneshot' },
      restarts: [{ answer: { kind: 'failed', detail: 'the job failed' }, life: { kind: 'failed', status: 4 } }],
    },
  },
  'work.service': {
    file: service('Type=oneshot', 'ExecStart=/bin/true'),
    fake: { properties: { type: 'oneshot' }, restarts: [{ life: { kind: 'finished' } }] },
  },
  'forgotten.service': {
    file: service('Type=oneshot', 'ExecStart=/bin/true'),
    fake: { properties: { type: 'oneshot' }, restarts: [{ life: { kind: 'dead' } }] },
  },
  'masked.service': { file: null, fake: { properties: { loadState: 'masked' } } },
  'by-dependency.service': {
    file: `[Unit]\nRefuseManualStart=yes\n${runs}`,
    fake: { properties: { refusesManualStart: true } },
  },
  'limited.service': {
    file: `[Unit]\nStartLimitIntervalSec=600\nStartLimitBurst=2\n${runs}`,
    fake: { startLimitBurst: 2 },
  },
  'slow-to-stop.service': {
    file: service('ExecStart=/bin/sleep 1000', 'ExecStop=/bin/sleep 6'),
    fake: { initially: { kind: 'runs' } },
  },
  // As programs in Java do: systemd calls that a failure. It is up when it can do so.
  'sulking.service': {
    file: service(
      'ExecStartPre=/bin/rm -f /run/sulking.ready',
      `ExecStart=/bin/sh -c 'trap "exit 143" TERM; touch /run/sulking.ready; while :; do sleep 0.1; done'`,
      "ExecStartPost=/bin/sh -c 'until test -e /run/sulking.ready; do sleep 0.05; done'",
    ),
    fake: { stopped: { kind: 'failed', status: 143, wasAskedToEnd: true } },
  },
  'slow-to-start.service': {
    file: service('Type=oneshot', 'RemainAfterExit=yes', 'ExecStart=/bin/sleep 5'),
    fake: { properties: { type: 'oneshot' }, restarts: [{ takesMs: 5000 }] },
  },
  'conditional.service': {
    file: `[Unit]\nConditionPathExists=/nowhere\n${runs}`,
    fake: { restarts: [{ life: { kind: 'condition_not_met' } }] },
  },
  'looping.service': {
    file: `${unlimited}${service('ExecStart=/bin/false', 'Restart=always', 'RestartSec=1')}`,
    fake: {
      properties: { restartPolicy: 'always' },
      restarts: [{ life: { kind: 'crash_loops', upMs: 10, downMs: 1000 } }],
    },
  },
} as const satisfies Record<string, ContractUnit>;
