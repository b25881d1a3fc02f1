/** The progress line of a terminal. */
import { describe, expect, it } from 'vitest';
import { Countdown, TerminalLine } from '../../../src/cli/terminal-line.js';
import { FakeClock, settle } from '../../support/fake-clock.js';

/** Keeps what a person would see: finished lines, and the line that is being drawn on. */
class FakeTerminal {
  columns = 40;
  readonly lines: string[] = [];
  current = '';

  write(text: string): void {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) this.lines.push(this.current);
      if (index > 0) this.current = '';
      const erased = part.lastIndexOf('\r\u001b[K');
      this.current = erased === -1 ? this.current + part : part.slice(erased + 4);
    }
  }
}

describe('a terminal line', () => {
  it('stays below the lines that are written meanwhile', () => {
    const terminal = new FakeTerminal();
    const line = new TerminalLine(terminal);
    line.show('waiting');
    line.writeAbove('first\n');
    line.writeAbove('second\n');
    expect(terminal).toMatchObject({ lines: ['first', 'second'], current: 'waiting' });
    line.show('');
    line.writeAbove('third\n');
    expect(terminal).toMatchObject({ lines: ['first', 'second', 'third'], current: '' });
  });

  it('never fills the terminal’s width, where it would wrap', () => {
    const terminal = new FakeTerminal();
    terminal.columns = 10;
    new TerminalLine(terminal).show('far too long for it');
    expect(terminal.current).toBe('far too …');
  });

  it('does without a width where the terminal knows none', () => {
    const terminal = new FakeTerminal();
    terminal.columns = 0;
    new TerminalLine(terminal).show('waiting');
    expect(terminal.current).toBe('waiting');
  });
});

describe('a countdown', () => {
  const start = (durationMs: number) => {
    const terminal = new FakeTerminal();
    const clock = new FakeClock();
    const countdown = new Countdown(new TerminalLine(terminal), clock, (seconds) => `in ${seconds}`);
    return { terminal, clock, countdown, done: countdown.start(durationMs) };
  };

  it('tells each second and leaves nothing behind', async () => {
    const { terminal, clock, done } = start(2500);
    const seen = [terminal.current];
    for (const stepMs of [500, 1000, 1000]) {
      await clock.advance(stepMs);
      seen.push(terminal.current);
    }
    await done;
    expect(seen).toEqual(['in 3', 'in 2', 'in 1', '']);
  });

  it('begins anew without an echo of the one before', async () => {
    const { terminal, clock, countdown, done } = start(5000);
    await clock.advance(1000);
    const second = countdown.start(3000);
    await done;
    await clock.advance(1000);
    expect(terminal.current).toBe('in 2');
    expect(clock.pendingSleeps).toBe(1);
    await clock.advance(2000);
    await second;
  });

  it('ends at once when it is stopped', async () => {
    const { terminal, clock, countdown, done } = start(5000);
    await settle();
    countdown.stop();
    await done;
    expect(terminal.current).toBe('');
    expect(clock.pendingSleeps).toBe(0);
  });
});
