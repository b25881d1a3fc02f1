/** How things stand on this host: who is in alarm, what the monitor thinks of each, and what it remembers. */
import type { AlarmRow } from '../domain/alarm.js';
import type { Settings } from '../config/settings.js';
import type { ProcessRow } from '../ports/alarm-desk.js';
import { StoreError } from '../ports/store-error.js';
import { findDaemon, type DaemonPresence } from './find-daemon.js';
import { glance, refuseMissingFile, type Glance } from './glance.js';
import type { Finding } from './inspect.js';
import { rememberedProcesses, type RememberedProcess } from './inspect-memory.js';

export interface StatusReport {
  readonly daemon: DaemonPresence;
  /** Without an answer `alarms` and `acknowledged` are empty, and nothing is known of them. */
  readonly database: { readonly kind: 'answers' } | { readonly kind: 'silent'; readonly detail: string };
  /** `damaged`: the memory file cannot be read. */
  readonly memory:
    | { readonly kind: 'loaded'; readonly savedAtMs: number }
    | { readonly kind: 'none' }
    | { readonly kind: 'damaged'; readonly detail: string };
  readonly alarms: readonly Finding[];
  readonly acknowledged: readonly AlarmRow[];
  readonly remembered: readonly RememberedProcess[];
}

/** Reads only; a database that does not answer is part of the report. */
export function inspectStatus(settings: Settings): Promise<StatusReport> {
  return glance(settings, async (seen) => {
    const daemon = await findDaemon(settings, seen.clock);
    const rows = await readRows(seen);
    return {
      daemon,
      ...rows,
      memory: memoryReading(seen),
      remembered: rememberedProcesses(seen),
    };
  });
}

async function readRows(seen: Glance): Promise<Pick<StatusReport, 'database' | 'alarms' | 'acknowledged'>> {
  const { settings, store } = seen;
  const { signal } = new AbortController();
  try {
    refuseMissingFile(settings);
    const alarmed = await store.source.alarmed(signal);
    const acknowledged = (await store.desk.list(signal)).filter(isAcknowledged);
    const alarms = alarmed.length === 0 ? [] : await judge(seen, alarmed);
    return { database: { kind: 'answers' }, alarms, acknowledged };
  } catch (cause: unknown) {
    if (!(cause instanceof StoreError)) throw cause;
    return { database: { kind: 'silent', detail: cause.message }, alarms: [], acknowledged: [] };
  }
}

/** What judges is most of the program, and most of the time there is nothing to judge. */
async function judge(seen: Glance, rows: readonly AlarmRow[]): Promise<readonly Finding[]> {
  const { judgeRows, withPorts } = await import('./inspect.js');
  return judgeRows(withPorts(seen), rows);
}

/** In alarm, and an operator has said so: hands off. */
export function isAcknowledged({ alarma, sound }: Pick<ProcessRow, 'alarma' | 'sound'>): boolean {
  return alarma === 1 && sound !== null && sound !== 0;
}

export function memoryReading({ loaded }: Pick<Glance, 'loaded'>): StatusReport['memory'] {
  switch (loaded.kind) {
    case 'loaded':
      return { kind: 'loaded', savedAtMs: loaded.state.savedAtMs };
    case 'none':
      return loaded;
    case 'damaged':
      return { kind: 'damaged', detail: loaded.detail };
  }
}

/** What is remembered, without a word to the database. */
export function inspectMemory(settings: Settings): Promise<Pick<StatusReport, 'daemon' | 'memory' | 'remembered'>> {
  return glance(settings, async (seen) => ({
    daemon: await findDaemon(settings, seen.clock),
    memory: memoryReading(seen),
    remembered: rememberedProcesses(seen),
  }));
}
