/** Choosing processes, the random mode and the menu, on a table of the test's own. */
import { describe, expect, it } from 'vitest';
import type { AlarmTable, HostProcess } from '../../../src/app/offline-alarms.js';
import { runMenu } from '../../../src/cli/alarm-menu.js';
import { raiseRounds } from '../../../src/cli/alarm-random.js';
import { choose } from '../../../src/cli/alarm.js';
import type { Context } from '../../../src/cli/context.js';
import { textsIn } from '../../../src/cli/texts.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { FakeRandom } from '../../support/fake-random.js';
import { idOf } from '../../support/policy.js';

const processOf = (id: number, processName: string, state: HostProcess['state'] = 'normal'): HostProcess => ({
  processId: idOf(id),
  processName,
  state,
  notes: null,
});

/** Notes what is asked of it. */
class FakeTable implements AlarmTable {
  readonly clock = new FakeClock();
  readonly random: FakeRandom;
  readonly calls: string[] = [];
  processes: readonly HostProcess[];

  constructor(processes: readonly HostProcess[], fractions: readonly number[] = [0]) {
    this.processes = processes;
    this.random = new FakeRandom(fractions);
  }

  list(): Promise<readonly HostProcess[]> {
    return Promise.resolve(this.processes);
  }

  apply(action: string, processes: readonly HostProcess[]): Promise<number> {
    this.calls.push(`${action} ${processes.map(({ processId }) => processId).join(' ')}`);
    return Promise.resolve(processes.length);
  }

  raiseAtRandom(processes: readonly HostProcess[]): Promise<number> {
    return this.apply('random', processes);
  }
}

function contextWith(lines: string[], language: 'en' | 'ro' = 'en'): Context {
  const line = (text = ''): void => void lines.push(text);
  return {
    environment: {},
    file: 'config.ini',
    texts: textsIn(language),
    screen: { isTerminal: true, width: null, line, json: () => undefined, complain: line, paint: (_, text) => text },
    load: () => {
      throw new Error('the settings are not needed');
    },
  };
}

describe('choosing', () => {
  const processes = [processOf(1, 'web'), processOf(2, 'web'), processOf(3, '1')];

  it('takes an id before a name, and every process of a name once', () => {
    expect(choose(processes, ['1']).chosen).toEqual([processes[0]]);
    expect(choose(processes, ['web', '2']).chosen).toEqual([processes[0], processes[1]]);
  });

  it('names what it does not know, never guessing', () => {
    expect(choose(processes, ['we', 'web ', '03']).unknown).toEqual(['we', 'web ', '03']);
  });
});

describe('the random mode', () => {
  const options = { minDelayMs: 1000, maxDelayMs: 3000, mostAtOnce: 2, rounds: null };

  it('raises only what is not in alarm, with a pause between', async () => {
    const table = new FakeTable([processOf(1, 'a', 'alarmed'), processOf(2, 'b'), processOf(3, 'c', 'acknowledged')]);
    const stop = new AbortController();
    const lines: string[] = [];
    const running = raiseRounds(table, options, contextWith(lines), stop.signal);
    await table.clock.waitForSleeps();
    expect(table.calls).toEqual(['random 2']);
    expect(table.clock.nextWakeInMs).toBe(1000);
    await table.clock.advance(1000);
    expect(table.calls).toHaveLength(2);
    stop.abort();
    await running;
    expect(lines[0]).toBe('raised: b; next in 1 s');
  });

  it('raises at most as many at once as asked, none of them twice', async () => {
    const table = new FakeTable([processOf(1, 'a'), processOf(2, 'b'), processOf(3, 'c')], [0.99, 0.99, 0, 0.5]);
    await raiseRounds(table, { ...options, rounds: 1 }, contextWith([]), new AbortController().signal);
    expect(table.calls).toEqual(['random 3 1']);
  });

  it('ends by itself after its rounds, without a last pause', async () => {
    const table = new FakeTable([processOf(1, 'a')]);
    const running = raiseRounds(table, { ...options, rounds: 2 }, contextWith([]), new AbortController().signal);
    await table.clock.advance(1000);
    await running;
    await settle();
    expect(table.calls).toHaveLength(2);
    expect(table.clock.pendingSleeps).toBe(0);
  });
});

describe('the menu', () => {
  const play = async (answers: readonly (string | null)[], language: 'en' | 'ro' = 'en') => {
    const table = new FakeTable([processOf(1, 'web'), processOf(2, 'db', 'alarmed')]);
    const lines: string[] = [];
    const left = [...answers];
    await runMenu(table, () => Promise.resolve(left.shift() ?? null), contextWith(lines, language));
    return { calls: table.calls, lines, left };
  };

  it('shows the predecessor’s items in their order', async () => {
    const { lines } = await play(['6'], 'ro');
    expect(lines.slice(2, 6)).toEqual([
      '1. Afișează toate serviciile',
      '2. Setează un serviciu specific în alarmă',
      '3. Setează toate serviciile în alarmă',
      '4. Resetează toate alarmele',
    ]);
    expect(lines).toContain('6. Ieșire');
  });

  it('raises, clears and acknowledges what is chosen', async () => {
    const { calls } = await play(['2', 'web', '7', '2', '3', 'y', '4', 'yes', '6']);
    expect(calls).toEqual(['raise 1', 'acknowledge 2', 'raise 1 2', 'clear 1 2']);
  });

  it('asks before it touches all, and takes anything but a yes for a no', async () => {
    const { calls, lines } = await play(['3', '', '4', 'n', '6']);
    expect(calls).toEqual([]);
    expect(lines).toContain('nothing was changed');
  });

  it('understands a Romanian yes', async () => {
    expect((await play(['4', 'da', '6'], 'ro')).calls).toEqual(['clear 1 2']);
  });

  it('ends when the input ends, and survives a wrong choice', async () => {
    const { calls, lines } = await play(['9', '2', 'nobody', null]);
    expect(calls).toEqual([]);
    expect(lines).toContain('there is no such choice');
    expect(lines).toContain('unknown process: nobody');
  });
});
