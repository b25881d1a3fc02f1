/** The signs of life that a monitor gives, and when it gives none. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../src/adapters/time/system-clock.js';
import { longestCycleMs, Pulse } from '../../../src/app/pulse.js';
import { settingsFromText } from '../../../src/config/settings-from-text.js';
import type { LoopPhase } from '../../../src/domain/loop-phase.js';
import type { LoopState } from '../../../src/engine/poll-loop.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeProber } from '../../support/fake-prober.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { RecordingSink } from '../../support/recording-sink.js';
import { StoreError } from '../../../src/ports/store-error.js';
import { PATIENCE } from '../../support/patience.js';

const URL = 'http://127.0.0.1:9/ping';
const GOOD: LoopState = { isBlind: false, failure: null, owner: { kind: 'owner', term: 1 } };
const BLIND: LoopState = { ...GOOD, isBlind: true, failure: new StoreError('no route\nto db', 'unreachable', true) };
const STANDBY: LoopState = { ...GOOD, owner: { kind: 'standby', holder: 'web-2 pid 7' } };

function open(selfRecovery = '', isDryRun = false) {
  const { settings } = settingsFromText(`[database]\nengine = sqlite\npath = /a.db\n[self_recovery]\n${selfRecovery}`, {
    file: 'config.ini',
    environment: {},
  });
  const clock = new FakeClock();
  const [prober, events] = [new FakeProber(clock), new RecordingSink()];
  const said: string[] = [];
  const lines: string[] = [];
  const notifier = {
    ready: () => Promise.resolve(),
    stopping: () => Promise.resolve(),
    status: (text: string) => Promise.resolve(void said.push(text)),
    alive: () => Promise.resolve(void said.push('alive')),
  };
  const log = { write: (_level: string, message: string) => void lines.push(message) };
  const pulse = new Pulse({ settings: () => settings, ports: { clock, prober, events }, notifier, log, isDryRun });
  return { pulse, clock, prober, events, said, lines, settings };
}

describe('the status', () => {
  it('says whether it watches, restarts, is blind, or stands by and for whom', () => {
    const { pulse, said } = open();
    pulse.afterCycle(GOOD, 0);
    pulse.afterCycle(GOOD, 2);
    pulse.afterCycle(BLIND, 0);
    pulse.afterCycle(STANDBY, 0);
    expect(said).toEqual([
      'watching',
      'watching, 2 being restarted',
      'blind: no route\nto db',
      'standing by: web-2 pid 7 holds the rows of this host',
    ]);
  });
});

describe('a dry run', () => {
  it('gives no sign of life outside: the silence of a dead daemon beside it must be heard', async () => {
    const heartbeat = join(await temporaryDirectory(), 'heartbeat');
    const settings = `heartbeat_file = ${heartbeat}\ndead_man_url = ${URL}`;
    const [dry, real] = [open(settings, true), open(settings)];
    dry.pulse.afterCycle(GOOD, 0);
    await new SystemClock().sleep(50, new AbortController().signal);
    expect(dry.prober.calls).toEqual([]);
    expect(existsSync(heartbeat)).toBe(false);
    real.pulse.afterCycle(GOOD, 0);
    expect(real.prober.calls).toHaveLength(1);
    await vi.waitFor(() => expect(existsSync(heartbeat)).toBe(true), PATIENCE);
  });
});

describe('the watchdog', () => {
  it('is fed three times in its time while the loop makes progress, and not once after', async () => {
    const { pulse, clock, said, lines, settings } = open();
    const end = new AbortController();
    const stuckMs = clock.monotonicMs() + 60_000;
    const phase = (): LoopPhase =>
      clock.monotonicMs() < stuckMs
        ? { kind: 'pause', untilMs: clock.monotonicMs() + 1000 }
        : { kind: 'cycle', sinceMs: stuckMs };
    const watching = pulse.watch(60_000, phase, end.signal);
    await clock.advance(59_000);
    expect(said).toEqual(['alive', 'alive', 'alive']);
    await clock.advance(longestCycleMs(settings) + 20_000);
    const fed = said.length;
    await clock.advance(600_000);
    expect(said.length).toBe(fed);
    expect(lines).toEqual(['The loop makes no progress: the watchdog is not fed']);
    end.abort();
    await watching;
  });

  it('is fed sooner with something else that wakes the monitor, from a fifth of its time on', async () => {
    const { pulse, clock, said } = open();
    const end = new AbortController();
    for (const ms of [11_000, 13_000]) void clock.sleep(ms, end.signal);
    const watching = pulse.watch(60_000, () => ({ kind: 'stopping' }), end.signal);
    await clock.advance(12_000);
    expect(said).toHaveLength(1);
    await clock.advance(1000);
    expect(said).toHaveLength(2);
    end.abort();
    await watching;
  });

  it('is left alone where systemd waits for nothing', async () => {
    const { pulse, said } = open();
    await pulse.watch(null, () => ({ kind: 'stopping' }), new AbortController().signal);
    expect(said).toEqual([]);
  });
});

describe('the dead man’s address', () => {
  it('is asked for after good cycles, no more often than it is set to', async () => {
    const { pulse, clock, prober } = open(`dead_man_url = ${URL}\ndead_man_interval = 60`);
    pulse.afterCycle(GOOD, 0);
    await clock.advance(59_000);
    pulse.afterCycle(GOOD, 0);
    await clock.advance(1000);
    pulse.afterCycle(GOOD, 0);
    expect(prober.calls.map(({ target }) => target)).toEqual([URL, URL]);
  });

  it('is not asked for by a monitor that is blind or stands by', () => {
    const { pulse, prober } = open(`dead_man_url = ${URL}`);
    pulse.afterCycle(BLIND, 0);
    pulse.afterCycle(STANDBY, 0);
    expect(prober.calls).toEqual([]);
  });

  it('that does not answer is told once, until it has answered', async () => {
    const { pulse, clock, prober, events } = open(`dead_man_url = ${URL}\ndead_man_interval = 1`);
    const bad = { failure: 'connection refused' };
    prober.on(URL, bad, bad, {}, bad);
    for (let time = 0; time < 4; time += 1) {
      pulse.afterCycle(GOOD, 0);
      await clock.advance(1000);
    }
    expect(events.ofType('monitor.warned').map(({ code }) => code)).toEqual(['dead_man', 'dead_man']);
  });
});
