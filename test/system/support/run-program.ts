/** Runs a program to its end and says what came back: the tests' own way to the outside, independent of what they test. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface RunInput {
  /** Standard input; default: empty. */
  readonly input?: string | Buffer;
  /** After this the program is killed and the call rejects; default 60 s. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Exit code, or 128 + number of the signal that ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Resolves when the program has ended and its output is closed: whatever it leaves running must have its output
 * elsewhere. Rejects when it cannot be started or is not done in time.
 */
export function runProgram(file: string, args: readonly string[], { input, timeoutMs = 60_000 }: RunInput = {}) {
  return new Promise<RunResult>((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'pipe' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program that does not read its input to the end is no fault of the test.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      const code = exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      const result = { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
      if (isLate)
        reject(new Error(`${file} ${args.join(' ')}: not done after ${timeoutMs} ms\n${describeRun(result)}`));
      else resolve(result);
    });
  });
}

/** For messages of failed tests. */
export function describeRun({ code, stdout, stderr }: RunResult): string {
  return [`exit code ${code}`, stdout.trim(), stderr.trim()].filter((part) => part !== '').join('\n');
}
