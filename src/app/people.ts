/** The users and groups of this host, asked of the host's own tool, which knows all places where it keeps them. */
import { geteuid, getuid } from 'node:process';
import { readTellable } from '../adapters/control/id-map.js';
import { SpawnRunner } from '../adapters/exec/spawn-runner.js';
import { lookupGroup, lookupUser } from '../adapters/exec/user-lookup.js';
import { SystemClock } from '../adapters/time/system-clock.js';
import type { Clock } from '../ports/clock.js';
import type { CommandRunner } from '../ports/command-runner.js';
import type { Asker } from '../ports/control-handler.js';
import type { EventSink } from '../ports/event-sink.js';
import type { OperatorsGroup, People } from '../ports/people.js';

const LOOKUP_WITHIN_MS = 2000;
/** A name is nice to have; an answer is not held up for it. */
const NAME_WITHIN_MS = 250;
const GROUP_KEPT_MS = 60_000;
const MOST_NAMES = 200;
const ROOT = 0;
const NEVER = new AbortController().signal;

export interface PeopleDeps {
  readonly runner: CommandRunner;
  readonly clock: Clock;
  /** As the settings have it now; null: none. */
  readonly operatorsGroup: () => string | null;
}

export function createPeople(deps: PeopleDeps): People {
  const names = new Map<number, string>([[ROOT, 'root']]);
  let kept: { readonly group: OperatorsGroup; readonly untilMs: number } | null = null;
  return {
    async operators() {
      const name = deps.operatorsGroup();
      if (name === null) return null;
      const nowMs = deps.clock.monotonicMs();
      if (kept?.group.name === name && nowMs < kept.untilMs) return kept.group;
      const gid = await lookupGroup(name, deps.runner, { timeoutMs: LOOKUP_WITHIN_MS, signal: NEVER });
      const group = { name, gid };
      kept = gid === null ? null : { group, untilMs: nowMs + GROUP_KEPT_MS };
      return group;
    },
    async nameOf(uid) {
      const known = names.get(uid);
      if (known !== undefined) return known;
      if (names.size > MOST_NAMES) names.clear();
      return soon(deps.clock, async () => {
        const account = await lookupUser(String(uid), deps.runner, { timeoutMs: LOOKUP_WITHIN_MS, signal: NEVER });
        if (account !== null) names.set(uid, account.name);
        return account?.name ?? null;
      });
    },
  };
}

/** Warns of a group whose members cannot be told from others: a setting without effect. */
export async function tellOperators(people: People, { events }: { readonly events: EventSink }): Promise<void> {
  const detail = doubtOf(await people.operators());
  if (detail !== null) events.emit({ type: 'monitor.warned', code: 'settings', detail });
}

/** null: they can be told, or there is no such setting. */
function doubtOf(group: OperatorsGroup | null): string | null {
  if (group === null) return null;
  const setting = `operators_group = ${group.name} has no effect`;
  if (group.gid === null) return `${setting}: this host has no such group, or does not say so`;
  return readTellable('gid')(group.gid)
    ? null
    : `${setting}: the monitor is in a user namespace that hides its members; run process-monitor grant, which gives its unit PrivateUsers=no, and restart the monitor`;
}

/** null where it takes too long; it goes on, and the next one finds it. */
async function soon(clock: Clock, find: () => Promise<string | null>): Promise<string | null> {
  const found = new AbortController();
  try {
    return await Promise.race([find(), clock.sleep(NAME_WITHIN_MS, found.signal).then(() => null)]);
  } finally {
    found.abort();
  }
}

/** Whoever runs this command. Behind `sudo` that is root: who it was before is in sudo's own log. */
export async function ownAsker(): Promise<Asker> {
  const clock = new SystemClock();
  const people = createPeople({ runner: new SpawnRunner(clock), clock, operatorsGroup: () => null });
  const uid = getuid?.() ?? geteuid?.() ?? -1;
  return { uid, user: await people.nameOf(uid) };
}
