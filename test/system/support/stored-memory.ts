/** What the daemon of a machine has on disk of its memory. */
import { parseChanges } from '../../../src/adapters/state/change-text.js';
import { parseState, sumIn } from '../../../src/adapters/state/parse-state.js';
import { withChanges, type StoredState } from '../../../src/domain/stored-state.js';
import { STATE_FILE, type MonitoredMachine } from './monitored-machine.js';

const CHANGES_FILE = STATE_FILE.replace(/json$/, 'changes');

/** Throws where it is damaged, or there is none. */
export async function storedMemory({ machine }: MonitoredMachine): Promise<StoredState> {
  // In this order, as any reader beside the daemon does it.
  const { stdout: changesText } = await machine.sh(`cat ${CHANGES_FILE}`);
  const { stdout: text } = await machine.sh(`cat ${STATE_FILE}`);
  const whole = parseState(text);
  const since = parseChanges(changesText, sumIn(text));
  if (!whole.ok || !since.ok) throw new Error(`damaged memory: ${JSON.stringify([whole, since])}`);
  return withChanges(whole.state, since.changes);
}

/** The same as text, to look for something in it. */
export async function storedMemoryText(host: MonitoredMachine): Promise<string> {
  return JSON.stringify(await storedMemory(host));
}
