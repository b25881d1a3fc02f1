/** `grant`: gives the unprivileged monitor the right to exactly what its settings name, shows it, compares it or takes it away. */
import { lookupUser } from '../adapters/exec/user-lookup.js';
import { GrantFiles } from '../adapters/grants/grant-files.js';
import type { Grant } from '../domain/grant-facts.js';
import { planGrants, type GrantPlan, type GrantRemark } from '../domain/grant-plan.js';
import { isOurs } from '../domain/grant-rule.js';
import type { Settings } from '../config/settings.js';
import { QUESTION_TIMEOUT_MS } from '../engine/deps.js';
import { lookUpGrantFacts } from './grant-facts.js';
import { carryOut, compareFiles, type Comparison, type FileChange } from './grant-host.js';
import { createSystemPorts, type SystemPorts } from './system-ports.js';

/** `dry_run`: says what it would change; `check`: says how far the host is from the settings. */
export type GrantMode = 'write' | 'dry_run' | 'check' | 'remove';

export interface GrantReport {
  readonly mode: GrantMode;
  readonly grants: readonly Grant[];
  readonly refusals: readonly GrantRemark[];
  readonly notes: readonly GrantRemark[];
  /** What differs; with `write` and `remove`: what was changed. */
  readonly changes: readonly FileChange[];
  /** Files that could not be changed or looked at. */
  readonly failures: readonly string[];
  /** A changed drop-in of the monitor's own unit counts from its next start on. */
  readonly mustRestart: boolean;
}

export type GrantOutcome =
  | { readonly kind: 'reported'; readonly report: GrantReport }
  /** Nothing was planned and nothing was changed. */
  | { readonly kind: 'failed'; readonly detail: string };

const SILENT = { emit: (): void => undefined };
const NO_PLAN: GrantPlan = { grants: [], refusals: [], notes: [], files: [] };
const DROP_IN = '/process-monitor.service.d/';

/** Never rejects for an expected failure. */
export async function grant(mode: GrantMode, load: () => Settings): Promise<GrantOutcome> {
  const isActing = mode === 'write' || mode === 'remove';
  if (isActing && process.geteuid?.() !== 0)
    return { kind: 'failed', detail: 'only root may give rights or take them away: run it with sudo' };
  const ports = createSystemPorts(SILENT);
  const plan = mode === 'remove' ? NO_PLAN : await planFor(load(), ports);
  if (typeof plan === 'string') return { kind: 'failed', detail: plan };
  const files = await grantFiles(ports);
  const comparison = await compareFiles(files, plan.files);
  return { kind: 'reported', report: await reportOn(mode, plan, { comparison, files, ports }) };
}

async function reportOn(
  mode: GrantMode,
  { grants, refusals, notes }: GrantPlan,
  { comparison, files, ports }: { comparison: Comparison; files: GrantFiles; ports: SystemPorts },
): Promise<GrantReport> {
  const { changes, obstacles } = comparison;
  const isActing = mode === 'write' || mode === 'remove';
  const carried = isActing ? await carryOut(files, changes, ports.runner) : { done: changes, failures: [] };
  return {
    mode,
    grants,
    refusals,
    notes,
    changes: carried.done,
    failures: [...obstacles, ...carried.failures],
    mustRestart: isActing && carried.done.some(({ path }) => path.includes(DROP_IN)),
  };
}

/** How far the files on this host are from what the settings ask for. A text: it cannot be known, and why. */
export async function grantDrift(
  settings: Settings,
  ports: SystemPorts,
): Promise<{ readonly plan: GrantPlan; readonly comparison: Comparison } | string> {
  const plan = await planFor(settings, ports);
  return typeof plan === 'string'
    ? plan
    : { plan, comparison: await compareFiles(await grantFiles(ports), plan.files) };
}

async function grantFiles({ runner }: SystemPorts): Promise<GrantFiles> {
  const polkit = await lookupUser('polkitd', runner, {
    timeoutMs: QUESTION_TIMEOUT_MS,
    signal: new AbortController().signal,
  });
  return new GrantFiles({ isOurs, ownerUid: 0, trustedUids: polkit === null ? [] : [polkit.uid] });
}

/** A text: systemd could not be asked. */
async function planFor(settings: Settings, ports: SystemPorts): Promise<GrantPlan | string> {
  const facts = await lookUpGrantFacts(settings, ports);
  return typeof facts === 'string' ? facts : planGrants(facts);
}
