/** What the daemon cannot go on with, a bug above all: it says so in its log, ends, and leaves nothing half alive. */
import { describe, expect, it } from 'vitest';
import { runDaemon } from '../../src/app/daemon.js';
import { loadSettings } from '../../src/config/load.js';
import type { MysqlSettings, Settings } from '../../src/config/settings.js';
import type { ProcessPolicy } from '../../src/domain/process-policy.js';
import { ProgramSite } from '../support/program-site.js';

const SECTIONS = '[process.web]\nrestart_strategy = custom\nrestart_command = true\nsettle_time = 0\n';

/** The log of a daemon that ends by itself; `web` is in alarm. */
async function logOfFailure(spoil: (settings: Settings) => Settings): Promise<string> {
  const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web', alarma: 1 }], sections: SECTIONS });
  const loaded = loadSettings({ file: site.config, environment: {} });
  const writeConsole = (): void => undefined;
  const end = await runDaemon({
    loaded: { ...loaded, settings: spoil(loaded.settings) },
    load: () => loaded,
    mode: { once: false, dryRun: false },
    surroundings: { notifySocket: null, journalStream: null, isTerminal: false, isColoured: false, writeConsole },
    notices: [],
    onStoppable: () => undefined,
  });
  expect(end.kind).toBe('failed');
  expect(site.has('run/control.sock')).toBe(false);
  return site.read('log/current.log');
}

/** The settings with a policy that is what `change` makes of it. */
function withPolicy(settings: Settings, change: (policy: ProcessPolicy) => ProcessPolicy): Settings {
  const policyFor = (name: string): ProcessPolicy | null => {
    const policy = settings.processes.policyFor(name);
    return policy === null ? null : change(policy);
  };
  return { ...settings, processes: { ...settings.processes, policyFor } };
}

describe('a bug', () => {
  it('in a cycle ends the daemon with a fatal line', async () => {
    const log = await logOfFailure((settings) =>
      withPolicy(settings, () => {
        throw new TypeError('a bug in a cycle');
      }),
    );
    expect(log).toMatch(/"level":"fatal".*a bug in a cycle/);
  });

  it('in a recovery ends the daemon with a fatal line', async () => {
    const log = await logOfFailure((settings) =>
      withPolicy(settings, (policy) => ({
        ...policy,
        get commandTimeoutMs(): number {
          throw new TypeError('a bug in a recovery');
        },
      })),
    );
    expect(log).toMatch(/"level":"fatal".*a bug in a recovery/);
  });
});

describe('a certificate file that cannot be read', () => {
  it('is told with its key, as what it is and not as a bug', async () => {
    const ssl = { mode: 'verify', caFile: '/nowhere/ca.pem', certFile: null, keyFile: null } as const;
    const log = await logOfFailure((settings) => {
      const { queryTimeoutMs, writeBack, claims } = settings.database;
      const database: MysqlSettings = {
        engine: 'mysql',
        hosts: [{ host: 'localhost', port: 3306 }],
        socket: null,
        user: 'monitor',
        password: null,
        passwordFile: null,
        database: 'monitor',
        ssl,
        connectTimeoutMs: 1000,
        poolSize: 1,
        queryTimeoutMs,
        claims,
        ownDatabase: null,
        writeBack,
      };
      return { ...settings, database };
    });
    expect(log).toMatch(/"level":"error".*ssl_ca in \[database\].*\/nowhere\/ca\.pem.*The monitor does not start/);
    expect(log).not.toContain('fatal');
  });
});
