/** A program in the machine that answers each line with a line, kept open for a whole run. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { BootedMachine } from '../system/support/booted-machine.js';

/** Longer than anything takes that is asked of one. */
const ANSWER_TIMEOUT_MS = 150_000;

export class LineProgram<Request, Answer extends object> implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #complaints = '';

  /** `command` is run in the machine as root. */
  constructor(machine: BootedMachine, command: readonly string[]) {
    const [file, ...args] = machine.onHost(command);
    this.#child = spawn(file, args, { stdio: 'pipe' });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text));
    this.#child.stdin.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Rejects where the program says that it failed, ends, or does not answer in time. */
  async ask(request: Request): Promise<Exclude<Answer, { readonly error: string }>> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    // One that hangs has no next line until it is killed; then it has no more, and the wait ends.
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_TIMEOUT_MS);
    const next = await this.#answers.next();
    clearTimeout(timer);
    const asked = JSON.stringify(request).slice(0, 100);
    if (next.done === true) throw new Error(`no answer to ${asked}: ${this.#complaints.slice(-500)}`);
    // What it may say is agreed on with its own file.
    const answer = JSON.parse(next.value) as Answer;
    if ('error' in answer) throw new Error(`${asked}: ${String(answer.error)}`);
    // An answer of a type that is only known to be an object is not narrowed by the line above.
    return answer as Exclude<Answer, { readonly error: string }>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}
