/** Looks up on this host what `grant` decides by: units, users, programs, and who could change what is executed. */
import { findCommand } from '../adapters/exec/start-preparation.js';
import { lookupUser } from '../adapters/exec/user-lookup.js';
import { exposedBy, isPlainFile, type Who } from '../adapters/grants/exposure.js';
import { EXECUTION_PROPERTIES, parseExecutions, type UnitExecution } from '../adapters/systemd/unit-executables.js';
import { unitsToAsk, type GrantFacts } from '../domain/grant-facts.js';
import { SERVICE_USER } from '../domain/grant-plan.js';
import { commandUnitName, ownUnitName } from '../domain/own-unit-name.js';
import { startLineOf, type ResolvedStart } from '../domain/own-unit.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import type { UnitState } from '../domain/unit-state.js';
import type { Settings } from '../config/settings.js';
import { QUESTION_TIMEOUT_MS } from '../engine/deps.js';
import type { CommandRunner, RunOptions } from '../ports/command-runner.js';
import type { SystemPorts } from './system-ports.js';

/** So many blocks fit into the output that a runner keeps. */
const UNITS_PER_QUESTION = 10;
const PLAIN_WORDS = { LC_ALL: 'C', SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0' };

/** A text: systemd could not be asked. */
export async function lookUpGrantFacts(settings: Settings, ports: SystemPorts): Promise<GrantFacts | string> {
  const { processes } = settings;
  const policies = processes.listedNames.map((name) => processes.policyFor(name)).filter((policy) => policy !== null);
  const names = unitsToAsk(policies);
  const units = names.length === 0 ? new Map<string, UnitState>() : await ports.units.describe(names, question());
  if (units === 'unavailable') return 'systemd does not run here: there is nothing to grant';
  if (units === 'no_answer') return 'systemd does not answer: which units there are is not known';
  const starts = new Map(policies.flatMap((policy) => startOf(policy)));
  return {
    policies,
    units,
    starts,
    exposures: await findExposures({ policies, units, starts }, ports.runner),
    unknownUsers: await findUnknownUsers(policies, ports.runner),
    systemdVersion: await systemdVersion(ports.runner),
    monitorIsRoot: await monitorIsRoot(ports.runner),
    operatorsGroup: settings.monitor.operatorsGroup,
    handlesUnlisted: handlesUnlisted(settings),
  };
}

/** No section is called so. */
function handlesUnlisted({ processes }: Settings): boolean {
  return processes.policyFor('a-name-without-a-section-0f3c') !== null;
}

function startOf(policy: ProcessPolicy): readonly (readonly [string, ResolvedStart])[] {
  const line = startLineOf(policy);
  if (line === null) return [];
  const { processName, shell, environment, workingDirectory } = policy;
  if (!line.ok) return [[processName, { kind: 'not_started', detail: '%d needs working_directory to be set' }]];
  return [[processName, findCommand({ commandLine: line.line, shell, environment }, workingDirectory ?? '/')]];
}

type Found = Pick<GrantFacts, 'policies' | 'units' | 'starts'>;

async function findExposures(found: Found, runner: CommandRunner): Promise<ReadonlyMap<string, string>> {
  const who = await serviceUser(runner);
  // Without that user there is nobody yet who could change anything.
  if (who === null) return new Map();
  const executions = [...(await askExecutions(found.units, runner)), ...ownExecutions(found)];
  const exposures = new Map<string, string>();
  for (const { id, user, paths } of executions) {
    // What runs as that user anyway gives nothing away.
    if (user === SERVICE_USER) continue;
    for (const path of paths) {
      const exposed = (await isPlainFile(path)) ? await exposedBy(path, who) : null;
      if (exposed !== null) exposures.set(id, `user ${SERVICE_USER} could change what ${id} runs: ${exposed}`);
    }
  }
  return exposures;
}

function ownExecutions({ policies, starts }: Found): readonly UnitExecution[] {
  return policies.flatMap((policy) => {
    const { processName, shell, commandUser } = policy;
    const start = starts.get(processName);
    const paths = start?.kind === 'command' ? [start.file, ...start.args.filter((each) => each.startsWith('/'))] : [];
    return [
      { id: ownUnitName(processName), user: policy.user ?? '', paths },
      { id: commandUnitName(processName, 'restart'), user: commandUser ?? '', paths: [shell] },
      { id: commandUnitName(processName, 'pre_restart'), user: commandUser ?? '', paths: [shell] },
    ];
  });
}

async function askExecutions(units: GrantFacts['units'], runner: CommandRunner): Promise<readonly UnitExecution[]> {
  const ids = [...new Set([...units.values()].filter(({ loadState }) => loadState === 'loaded').map(({ id }) => id))];
  const executions: UnitExecution[] = [];
  for (let first = 0; first < ids.length; first += UNITS_PER_QUESTION) {
    const asked = ids.slice(first, first + UNITS_PER_QUESTION);
    const properties = `--property=${EXECUTION_PROPERTIES.join(',')}`;
    executions.push(...parseExecutions(await ask(runner, 'systemctl', 'show', properties, '--', ...asked)));
  }
  return executions;
}

async function serviceUser(runner: CommandRunner): Promise<Who | null> {
  const account = await lookupUser(SERVICE_USER, runner, question());
  if (account === null) return null;
  const groups = await ask(runner, 'id', '-G', '--', SERVICE_USER);
  return { uid: account.uid, gids: [account.gid, ...groups.trim().split(/\s+/).map(Number)] };
}

async function findUnknownUsers(
  policies: readonly ProcessPolicy[],
  runner: CommandRunner,
): Promise<ReadonlySet<string>> {
  const named = new Set(
    policies.flatMap(({ user, commandUser }) => [user, commandUser]).filter((name) => name !== null),
  );
  const unknown = new Set<string>();
  for (const name of named) if ((await lookupUser(name, runner, question())) === null) unknown.add(name);
  return unknown;
}

/** 0: it does not say. */
async function systemdVersion(runner: CommandRunner): Promise<number> {
  return Number(/^systemd (\d+)/.exec(await ask(runner, 'systemctl', '--version'))?.[1] ?? 0);
}

/** As its unit is set up now; one that is not installed yet will not be. */
async function monitorIsRoot(runner: CommandRunner): Promise<boolean> {
  const shown = await ask(runner, 'systemctl', 'show', '--property=LoadState,User', '--', `${SERVICE_USER}.service`);
  const user = /^User=(.*)$/m.exec(shown)?.[1] ?? '';
  return /^LoadState=loaded$/m.test(shown) && ['', 'root', '0'].includes(user);
}

/** What the command printed; empty where it failed. */
async function ask(runner: CommandRunner, file: string, ...args: readonly string[]): Promise<string> {
  const result = await runner.run({ file, args, environment: PLAIN_WORDS }, question());
  return result.kind === 'exited' && result.exitCode === 0 ? result.output : '';
}

function question(): RunOptions {
  return { timeoutMs: QUESTION_TIMEOUT_MS, signal: new AbortController().signal };
}
