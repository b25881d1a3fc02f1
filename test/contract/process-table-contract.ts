/** What every table of processes promises. */
import { describe, expect, it } from 'vitest';
import type { RunningProcess } from '../../src/domain/unit-state.js';
import type { ProcessTable } from '../../src/ports/process-table.js';

export interface TableUnderTest {
  readonly table: ProcessTable;
  /** Starts a long-running program with these arguments, in a group of its own, and says its number. */
  readonly start: (args: readonly string[]) => Promise<number>;
  /** The same, but TERM does not end it. */
  readonly startStubborn: () => Promise<number>;
  /** Resolves when nothing of that number runs any more. */
  readonly gone: (pid: number) => Promise<unknown>;
  /** Makes a pid file with this text and says its path. */
  readonly pidFile: (text: string) => Promise<string>;
}

/** Runs the promises on one table; `make` is called once for each. */
export function processTableContract(name: string, make: () => TableUnderTest): void {
  const see = async (table: ProcessTable, pid: number): Promise<RunningProcess> => {
    const seen = await table.find(pid);
    if (seen === null) throw new Error(`no program ${pid}`);
    return seen;
  };

  describe(name, () => {
    it('finds a program by its number, and in the list', async () => {
      const { table, start } = make();
      const pid = await start(['1000', '2000']);
      const seen = await see(table, pid);
      expect(seen).toMatchObject({ identity: { pid }, processGroup: pid, isKernelThread: false, isContained: false });
      expect(seen.argv.slice(-2)).toEqual(['1000', '2000']);
      const listed = (await table.list()).find(({ identity }) => identity.pid === pid);
      expect(listed?.identity).toEqual(seen.identity);
    });

    it.each([-1, 0, 1.5, NaN, 4_194_305])('finds nothing of the number %s', async (pid) => {
      expect(await make().table.find(pid)).toBeNull();
    });

    it('ends a program with TERM, after which it is gone', async () => {
      const { table, start, gone } = make();
      const pid = await start(['1000']);
      const { identity } = await see(table, pid);
      expect(await table.isRunning(identity)).toBe(true);
      expect(await table.signal(identity, 'SIGTERM')).toBe('sent');
      await gone(pid);
      expect(await table.isRunning(identity)).toBe(false);
      expect(await table.signal(identity, 'SIGTERM')).toBe('gone');
      expect(await table.find(pid)).toBeNull();
      expect(await table.workingDirectory(identity)).toBeNull();
    });

    it('needs KILL for a program that ignores TERM', async () => {
      const { table, startStubborn, gone } = make();
      const pid = await startStubborn();
      const { identity } = await see(table, pid);
      expect(await table.signal(identity, 'SIGTERM')).toBe('sent');
      expect(await table.isRunning(identity)).toBe(true);
      expect(await table.signal(identity, 'SIGKILL')).toBe('sent');
      await gone(pid);
      expect(await table.isRunning(identity)).toBe(false);
    });

    it('never takes another program for the one that had its number, nor one of another boot', async () => {
      const { table, start } = make();
      const pid = await start(['1000']);
      const { identity } = await see(table, pid);
      const earlier = { ...identity, startTicks: identity.startTicks - 1 };
      const otherBoot = { ...identity, bootId: '00000000-0000-4000-8000-000000000000' };
      for (const other of [earlier, otherBoot]) {
        expect(await table.isRunning(other)).toBe(false);
        expect(await table.signal(other, 'SIGKILL')).toBe('gone');
        expect(await table.workingDirectory(other)).toBeNull();
      }
      expect(await table.isRunning(identity)).toBe(true);
    });

    it('never signals itself, init or a whole group', async () => {
      const { table } = make();
      for (const pid of [table.ownPid, 1, 0, -1]) {
        const identity = { pid, startTicks: 0, bootId: '' };
        expect(await table.signal(identity, 'SIGKILL')).toBe('not_permitted');
      }
    });

    it('knows the working directory of a program', async () => {
      const { table, start } = make();
      const { identity } = await see(table, await start(['1000']));
      expect(await table.workingDirectory(identity)).toBe('/');
    });

    it.each([
      ['4242', 4242],
      [' 4242 \n', 4242],
      ['4242\n/var/lib/app\n', 4242],
      ['', null],
      ['none', null],
      ['0', null],
      ['-1', null],
    ])('reads the pid file %j as %s', async (text, pid) => {
      const { table, pidFile } = make();
      expect(await table.readPidFile(await pidFile(text))).toBe(pid);
    });

    it.each([
      ['root', 0],
      ['no-such-user', null],
      ['', null],
      ['root:x', null],
    ])('knows of the account %j the number %s', async (user, uid) => {
      expect(await make().table.localUid(user)).toBe(uid);
    });

    it('takes a missing pid file for none', async () => {
      expect(await make().table.readPidFile('/no/such/file.pid')).toBeNull();
    });
  });
}
