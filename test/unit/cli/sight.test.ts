/** How a monitor says that it is blind. */
import { describe, expect, it } from 'vitest';
import { commandPingText, pingText, readPing, Sight } from '../../../src/app/sight.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('sight', () => {
  it('counts blindness from its first moment until the database answers again', async () => {
    const clock = new FakeClock();
    const sight = new Sight(clock);
    expect(sight.blindSinceMs).toBeNull();
    const sinceMs = clock.nowMs();
    sight.emit({ type: 'monitor.blinded', code: 'unreachable', detail: '' });
    await clock.advance(5000);
    sight.emit({ type: 'monitor.blinded', code: 'refused', detail: '' });
    expect(sight.blindSinceMs).toBe(sinceMs);
    sight.emit({ type: 'monitor.sighted', blindMs: 5000 });
    expect(sight.blindSinceMs).toBeNull();
  });

  it.each([
    [{ pid: 42, blindSinceMs: null }, '42'],
    [{ pid: 42, blindSinceMs: 1_700_000_000_000 }, '42 blind since 1700000000000'],
  ])('travels as text and back: %j', (said, text) => {
    expect(pingText(said.pid, said.blindSinceMs)).toBe(text);
    expect(readPing(text)).toEqual({ isMonitor: true, ...said });
  });

  it('tells a command that holds the monitor’s place from the monitor', () => {
    expect(readPing(commandPingText(42))).toEqual({ isMonitor: false, pid: 42, blindSinceMs: null });
  });

  it('takes any other text for nothing known', () => {
    expect(readPing('here')).toEqual({ isMonitor: true, pid: null, blindSinceMs: null });
  });
});
