/** Runs one command as a child of the monitor, in a session of its own, and sees to it that it ends. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Clock } from '../../ports/clock.js';
import type { Command, CommandResult, CommandRunner, RunOptions } from '../../ports/command-runner.js';
import { cleanEnvironment } from './clean-environment.js';
import { createOutputTail, type OutputTail } from './output-tail.js';
import { endTree } from './process-tree.js';
import { endScopeCommand, inOwnScope } from './own-scope.js';
import { explainStartFailure, type NotStarted } from './start-failure.js';
import { within } from './within.js';

const OUTPUT_LIMIT_BYTES = 64 * 1024;
/** What has been printed is still on its way when the command ends; a daemon that keeps the output open never ends it. */
const DRAIN_MS = 200;

type Child = ChildProcessByStdio<null, Readable, Readable>;

type Exit = { readonly exitCode: number } | { readonly signal: string };

interface Running {
  readonly kind: 'running';
  readonly pid: number;
  readonly child: Child;
  readonly output: OutputTail;
  /** The command's own end. */
  readonly exited: Promise<Exit>;
  /** Its end and that of everyone who holds its output. */
  readonly closed: Promise<void>;
}

export class SpawnRunner implements CommandRunner {
  readonly #clock: Clock;
  readonly #hasScopes: boolean;
  #runs = 0;

  /** `hasScopes`: systemd runs, and lets us make scopes. */
  constructor(clock: Clock, { hasScopes }: { readonly hasScopes: boolean } = { hasScopes: false }) {
    this.#clock = clock;
    this.#hasScopes = hasScopes;
  }

  async run(command: Command, { timeoutMs, signal }: RunOptions): Promise<CommandResult> {
    if (signal.aborted) return { kind: 'aborted', output: '', durationMs: 0 };
    const startedMs = this.#clock.monotonicMs();
    const { scope } = command;
    this.#runs += 1;
    const isApart = this.#hasScopes && scope !== undefined;
    const running = await launch(isApart ? inOwnScope(command, scope, this.#runs) : command);
    if (running.kind === 'not_started') return running;
    const end = await within(running.exited, { ms: timeoutMs, clock: this.#clock, signal });
    if (typeof end === 'string') await endTree(running.pid, this.#clock);
    await within(running.closed, { ms: DRAIN_MS, clock: this.#clock });
    letGo(running.child);
    const seen = { output: running.output.text(), durationMs: this.#clock.monotonicMs() - startedMs };
    if (end === 'elapsed') return { kind: 'timed_out', ...seen };
    if (end === 'aborted') return { kind: 'aborted', ...seen };
    return 'signal' in end ? { kind: 'killed', ...end, ...seen } : { kind: 'exited', ...end, ...seen };
  }

  async endScope(scope: string, options: RunOptions): Promise<void> {
    if (this.#hasScopes) await this.run(endScopeCommand(scope), options);
  }
}

function launch(command: Command): Promise<Running | NotStarted> {
  const env = cleanEnvironment(command.environment);
  const explain = (cause: unknown): NotStarted => explainStartFailure(command, env['PATH'] ?? '', cause);
  return new Promise((resolve) => {
    let child: Child;
    try {
      child = spawn(command.file, command.args, {
        cwd: command.workingDirectory ?? '/',
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (cause: unknown) {
      resolve(explain(cause));
      return;
    }
    child.once('error', (cause) => resolve(explain(cause)));
    // It has no pipes either where there was no room for them: all that comes is the error.
    if (child.pid === undefined) return;
    // Listening begins at once: a quick command may have ended before anyone asks.
    const running = watch(child);
    child.once('spawn', () =>
      resolve(child.pid === undefined ? explain('it has no pid') : { kind: 'running', pid: child.pid, ...running }),
    );
  });
}

function watch(child: Child): Omit<Running, 'kind' | 'pid'> {
  const output = createOutputTail(OUTPUT_LIMIT_BYTES);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', output.stream());
    // A broken pipe ends the output and says nothing about the command.
    stream.on('error', () => stream.destroy());
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve(signal === null ? { exitCode: exitCode ?? 0 } : { signal }));
  });
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  return { child, output, exited, closed };
}

/**
 * Whoever still holds the output (a daemon that the command has started) may go on writing: it is read and thrown
 * away, since closing our end would kill the writer. None of it keeps the monitor from ending.
 */
function letGo(child: Child): void {
  child.unref();
  for (const stream of [child.stdout, child.stderr]) {
    stream.removeAllListeners('data');
    stream.resume();
    if (stream instanceof Socket) stream.unref();
  }
}
