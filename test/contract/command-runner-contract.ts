/** What every runner of commands promises. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Command, CommandRunner } from '../../src/ports/command-runner.js';

export interface RunnerUnderTest {
  readonly runner: CommandRunner;
  /** Lets `ms` of the runner's time pass, or a little more. */
  readonly pass: (ms: number) => Promise<unknown>;
  readonly exits: (exitCode: number, output: string) => Command;
  readonly hangs: () => Command;
  readonly printsMebibytes: (count: number) => Command;
  readonly missing: () => Command;
  readonly notPermitted: () => Command;
}

const LONG_MS = 60_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024;

/** Runs the promises on one runner; `make` is called once for each. */
export function commandRunnerContract(name: string, make: () => RunnerUnderTest): void {
  describe(name, () => {
    const patient = { timeoutMs: LONG_MS, signal: new AbortController().signal };

    it.each([0, 1, 255])('tells exit code %s with what was printed', async (exitCode) => {
      const { runner, exits } = make();
      const result = await runner.run(exits(exitCode, 'așa\n'), patient);
      expect(result).toMatchObject({ kind: 'exited', exitCode, output: 'așa\n' });
    });

    it('ends a command that hangs when its time is up', async () => {
      const { runner, hangs, pass } = make();
      const pending = runner.run(hangs(), { ...patient, timeoutMs: 100 });
      await pass(100);
      const result = await pending;
      expect(result.kind).toBe('timed_out');
      expect('durationMs' in result && result.durationMs).toBeGreaterThanOrEqual(100);
    });

    it('ends a command that is aborted', async () => {
      const { runner, hangs, pass } = make();
      const stop = new AbortController();
      const pending = runner.run(hangs(), { timeoutMs: LONG_MS, signal: stop.signal });
      await pass(20);
      stop.abort();
      expect((await pending).kind).toBe('aborted');
    });

    it('starts nothing under an aborted signal', async () => {
      const { runner, exits } = make();
      const result = await runner.run(exits(0, 'ran'), { timeoutMs: LONG_MS, signal: AbortSignal.abort() });
      expect(result).toMatchObject({ kind: 'aborted', output: '' });
    });

    it('says that a program is missing', async () => {
      const { runner, missing } = make();
      const result = await runner.run(missing(), patient);
      expect(result).toMatchObject({ kind: 'not_started', reason: 'missing' });
      expect('detail' in result && result.detail).toContain('missing executable: ');
    });

    it('says that a program may not be executed', async () => {
      const { runner, notPermitted } = make();
      expect(await runner.run(notPermitted(), patient)).toMatchObject({ kind: 'not_started', reason: 'not_permitted' });
    });

    it('keeps the last 64 KiB of a long output', async () => {
      const { runner, printsMebibytes } = make();
      const result = await runner.run(printsMebibytes(1), patient);
      expect(result).toMatchObject({ kind: 'exited', exitCode: 0 });
      const output = 'output' in result ? result.output : '';
      expect(Buffer.byteLength(output)).toBe(OUTPUT_LIMIT_BYTES);
      expect(output.endsWith('xxx' + 'the end\n')).toBe(true);
    });

    it('leaves no listener on the signal behind', async () => {
      const { runner, exits } = make();
      const stop = new AbortController();
      await runner.run(exits(0, ''), { timeoutMs: LONG_MS, signal: stop.signal });
      expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    });
  });
}
