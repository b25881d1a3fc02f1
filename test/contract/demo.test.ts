/** The demo: tells the whole story on a real daemon, and leaves nothing behind however it ends. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LinuxProcessTable } from '../../src/adapters/exec/linux-process-table.js';
import { runDemo } from '../../src/app/demo/run-demo.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

let home: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  vi.stubEnv('TMPDIR', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

interface Shown {
  readonly forMs?: number;
  /** The demo is stopped when a line of it holds this text. */
  readonly stopAt?: string;
  readonly isTerminal?: boolean;
}

async function show({ forMs, stopAt, isTerminal = false }: Shown): Promise<readonly string[]> {
  const written: string[] = [];
  const stop = new AbortController();
  const write = (text: string): void => {
    written.push(text);
    if (stopAt !== undefined && text.includes(stopAt)) stop.abort();
  };
  await runDemo({
    forMs: forMs ?? null,
    screen: { write, isTerminal, isColoured: isTerminal, columns: () => 60 },
    stop: stop.signal,
    hurry: new AbortController().signal,
  });
  return written;
}

/** Indexes of the first lines that match, each searched for behind the one before. */
function inOrder(lines: readonly string[], patterns: readonly RegExp[]): readonly RegExp[] {
  let from = 0;
  return patterns.filter((pattern) => {
    const at = lines.findIndex((line, index) => index >= from && pattern.test(line));
    if (at >= 0) from = at + 1;
    return at >= 0;
  });
}

async function leftBehind(): Promise<readonly string[]> {
  const running = await new LinuxProcessTable().list();
  const programs = running.map(({ argv }) => argv[0] ?? '').filter((program) => program.startsWith(home));
  return [...programs, ...(await readdir(home))];
}

describe('the demo', () => {
  it('shows alarm, restart, proof and reset, and a breaker that opens, tries once and closes', async () => {
    const patterns = [
      /broken +shop +killed/,
      /alarm +shop/,
      /restart +shop .*begins/,
      /proof +shop/,
      /reset +shop +alarma = 0, .* after the alarm/,
      /failed +reports/,
      /breaker +reports +circuit breaker opens/,
      /broken +mailer/,
      /reset +mailer/,
      /breaker +reports +circuit breaker half-open/,
      /reset +reports/,
      /breaker +reports +circuit breaker closed/,
      /^Summary: alarms raised [34], reset [34]; restarts [56], of them failed 2/,
      /^From alarm to reset: .* on average/,
    ];
    const lines = await show({ stopAt: 'circuit breaker closed' });
    expect(inOrder(lines, patterns)).toEqual(patterns);
    expect(await leftBehind()).toEqual([]);
  });

  it('ends by itself at its time', async () => {
    const lines = await show({ forMs: 300 });
    expect(lines.at(-1)).toContain('Summary: alarms raised 0');
    expect(await leftBehind()).toEqual([]);
  });

  it('finishes what is under way when it is stopped, and leaves nothing behind', async () => {
    const lines = await show({ stopAt: 'begins' });
    expect(lines.join('')).toMatch(/reset +shop/);
    expect(await leftBehind()).toEqual([]);
  });

  it('can be stopped before it has begun', async () => {
    await show({ stopAt: 'process-monitor demo' });
    expect(await leftBehind()).toEqual([]);
  });

  it('writes no control characters where there is no terminal, and cuts its progress to the width of one', async () => {
    const plain = await show({ forMs: 300 });
    expect(plain.join('')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const terminal = await show({ forMs: 300, isTerminal: true });
    const progress = terminal.filter((text) => /^\r\u001b\[2K\u001b\[2mDemo ends in/.test(text));
    expect(progress.length).toBeGreaterThan(0);
    for (const text of progress) expect(text.replaceAll(/\r|\u001b\[[0-9;]*[mK]/g, '').length).toBeLessThan(60);
  });

  it('only prints lines on a terminal that cannot take a line back', async () => {
    const program = resolve(import.meta.dirname, '../../dist/process-monitor.js');
    const demo = `${process.execPath} ${program} demo --for 1`;
    const environment = { ...process.env, TERM: 'dumb' };
    const { stdout } = await promisify(execFile)('script', ['-qec', demo, '/dev/null'], { env: environment });
    expect(stdout).toContain('Summary: ');
    expect(stdout).not.toContain('\u001b');
  });
});
