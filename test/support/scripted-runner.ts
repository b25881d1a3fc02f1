/** A runner of commands that runs nothing: a test writes beforehand what each command answers. */
import { createOutputTail } from '../../src/adapters/exec/output-tail.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Command, CommandResult, CommandRunner, RunOptions } from '../../src/ports/command-runner.js';
import { FakeClock } from './fake-clock.js';

/** How one run goes. Without `afterMs` it ends at once; with `Infinity` it hangs until its time is up or it is aborted. */
export interface ScriptedAnswer {
  readonly exitCode?: number;
  readonly output?: string;
  readonly afterMs?: number;
  /** Died of this signal instead of exiting. */
  readonly diedOf?: string;
  readonly notStarted?: 'missing' | 'not_permitted' | 'no_room' | 'other';
  /** What the command does to the world, done when it ends by itself; it may look at the command. */
  readonly effect?: (command: Command) => void;
}

/** A text that must occur in the command as one line (`file arg arg`), or a rule of its own. */
export type CommandMatch = string | RegExp | ((command: Command) => boolean);

/** Example: `{ command: { file: 'systemctl', args: ['restart', …] }, line: 'systemctl restart …', timeoutMs: 5000, atMs: 3600000 }` */
export interface RecordedRun {
  readonly command: Command;
  readonly line: string;
  readonly timeoutMs: number;
  /** Monotonic time of the call. */
  readonly atMs: number;
}

const OUTPUT_LIMIT_BYTES = 64 * 1024;

/** Takes time from its clock. A command that no script is for rejects: the test is wrong. */
export class ScriptedRunner implements CommandRunner {
  readonly calls: RecordedRun[] = [];
  /** Scopes that were ended. */
  readonly endedScopes: string[] = [];
  readonly #clock: Clock;
  readonly #scripts: { readonly match: CommandMatch; readonly answers: ScriptedAnswer[] }[] = [];

  constructor(clock: Clock = new FakeClock()) {
    this.#clock = clock;
  }

  /** The answers are given one after another, the last one for ever. A later script wins over an earlier one. */
  on(match: CommandMatch, ...answers: readonly ScriptedAnswer[]): this {
    this.#scripts.unshift({ match, answers: answers.length === 0 ? [{}] : [...answers] });
    return this;
  }

  /** The commands of all calls as lines. */
  get lines(): readonly string[] {
    return this.calls.map(({ line }) => line);
  }

  async run(command: Command, { timeoutMs, signal }: RunOptions): Promise<CommandResult> {
    if (signal.aborted) return { kind: 'aborted', output: '', durationMs: 0 };
    const line = lineOf(command);
    const startedMs = this.#clock.monotonicMs();
    this.calls.push({ command, line, timeoutMs, atMs: startedMs });
    const answer = this.#take(command, line);
    if (answer.notStarted !== undefined) return notStarted(command, answer.notStarted);
    const { afterMs = 0, exitCode = 0, diedOf } = answer;
    const slept = await this.#clock.sleep(Math.min(afterMs, timeoutMs), signal);
    const seen = { output: cap(answer.output ?? ''), durationMs: this.#clock.monotonicMs() - startedMs };
    if (slept === 'aborted') return { kind: 'aborted', ...seen };
    if (afterMs > timeoutMs) return { kind: 'timed_out', ...seen };
    answer.effect?.(command);
    return diedOf === undefined ? { kind: 'exited', exitCode, ...seen } : { kind: 'killed', signal: diedOf, ...seen };
  }

  endScope(scope: string): Promise<void> {
    this.endedScopes.push(scope);
    return Promise.resolve();
  }

  #take(command: Command, line: string): ScriptedAnswer {
    const script = this.#scripts.find(({ match }) => matches(match, command, line));
    const answer = script?.answers[0];
    if (script === undefined || answer === undefined) throw new Error(`no script for the command: ${line}`);
    if (script.answers.length > 1) script.answers.shift();
    return answer;
  }
}

/** The command as one line, for matching and reading only. */
export function lineOf(command: Command): string {
  return [command.file, ...command.args].join(' ');
}

function matches(match: CommandMatch, command: Command, line: string): boolean {
  if (typeof match === 'string') return line.includes(match);
  return match instanceof RegExp ? match.test(line) : match(command);
}

function notStarted(command: Command, reason: 'missing' | 'not_permitted' | 'no_room' | 'other'): CommandResult {
  const words = {
    missing: 'missing executable:',
    not_permitted: 'not allowed to execute',
    no_room: 'no room for',
    other: 'could not start',
  };
  return { kind: 'not_started', reason, detail: `${words[reason]} ${command.file}` };
}

function cap(output: string): string {
  const tail = createOutputTail(OUTPUT_LIMIT_BYTES);
  tail.stream()(Buffer.from(output));
  return tail.text();
}
