/** What every starter of processes promises. */
import { describe, expect, it } from 'vitest';
import type { ProcessIdentity } from '../../src/domain/unit-state.js';
import type { ProcessStarter, StartRequest, StartResult } from '../../src/ports/process-starter.js';
import type { ProcessTable } from '../../src/ports/process-table.js';

export interface StarterUnderTest {
  readonly starter: ProcessStarter;
  /** Where the started programs are seen. */
  readonly table: Pick<ProcessTable, 'find' | 'isRunning'>;
  /** Command lines of: a program that runs on, one that ends at once with this code, one that goes into the background. */
  readonly stays: () => string;
  readonly ends: (exitCode: number) => string;
  readonly goesIntoBackground: () => string;
  readonly missing: () => string;
  /** A file that is there but may not be executed. */
  readonly notExecutable: () => string;
}

/** A request with nothing special about it. */
export function startRequest(commandLine: string, changes: Partial<StartRequest> = {}): StartRequest {
  const nothing = { user: null, workingDirectory: null, environment: {} };
  return { name: 'app', commandLine, shell: '/bin/sh', ...nothing, ...changes };
}

/** The identity of what was started; throws where nothing was, or where it cannot be told. */
export function identityOf(result: StartResult): ProcessIdentity {
  if (result.kind === 'started' && result.identity !== null) return result.identity;
  throw new Error(`nothing to be seen: ${JSON.stringify(result)}`);
}

/** Runs the promises on one starter; `make` is called once for each. */
export function processStarterContract(name: string, make: () => StarterUnderTest): void {
  describe(name, () => {
    const options = { timeoutMs: 30_000, signal: new AbortController().signal };

    it('starts a program that leads a session of its own and runs on', async () => {
      const { starter, table, stays } = make();
      const identity = identityOf(await starter.start(startRequest(stays()), options));
      expect(await table.isRunning(identity)).toBe(true);
      expect(await table.find(identity.pid)).toMatchObject({ session: identity.pid, processGroup: identity.pid });
    });

    it('starts another program each time', async () => {
      const { starter, stays } = make();
      const first = identityOf(await starter.start(startRequest(stays()), options));
      const second = identityOf(await starter.start(startRequest(stays()), options));
      expect(first.pid).not.toBe(second.pid);
    });

    it('says so when the program ends at once with a failure', async () => {
      const { starter, ends } = make();
      const result = await starter.start(startRequest(ends(3)), options);
      expect(result).toMatchObject({ kind: 'not_started', reason: 'ended' });
      expect('detail' in result && result.detail).toContain('exit code 3');
    });

    it('claims no identity for a command that put its program into the background', async () => {
      const { starter, goesIntoBackground } = make();
      const result = await starter.start(startRequest(goesIntoBackground()), options);
      expect(result).toMatchObject({ kind: 'started', identity: null });
    });

    it('says so when the executable is missing', async () => {
      const { starter, missing } = make();
      const result = await starter.start(startRequest(missing()), options);
      expect(result).toMatchObject({ kind: 'not_started', reason: 'missing' });
      expect('detail' in result && result.detail).toContain('missing executable: ');
    });

    it('says so when the file may not be executed', async () => {
      const { starter, notExecutable } = make();
      const result = await starter.start(startRequest(notExecutable()), options);
      expect(result).toMatchObject({ kind: 'not_started', reason: 'not_permitted' });
    });

    it.each(['app "unclosed', 'app \\', '', '  '])('refuses the command line %j', async (commandLine) => {
      const { starter } = make();
      const result = await starter.start(startRequest(commandLine), options);
      expect(result).toMatchObject({ kind: 'not_started', reason: 'bad_command' });
    });
  });
}
