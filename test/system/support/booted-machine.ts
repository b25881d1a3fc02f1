/** A booted test machine as tests use it: commands, files, units and SQL in it, until it is stopped. */
import { execFile, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { askMariadb, type SqlRow } from './machine-mariadb.js';
import { describeRun, runProgram, type RunInput, type RunResult } from './run-program.js';
import { waitFor, type WaitOptions } from './wait-for.js';

const BOOT_TIMEOUT_MS = 60_000;
const UNIT_DIRECTORY = '/etc/systemd/system';
const ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];

/** The script that keeps a machine: it lives until its standard input closes. */
export type Keeper = ChildProcessByStdio<Writable, Readable, Readable>;

/** One booted machine. Commands run in it as root, with a small environment and `/` for working directory. */
export class BootedMachine implements AsyncDisposable {
  /** Its systemd, as the host numbers it: for `nsenter --target`. */
  readonly pid: number;
  /** Its control group on the host. */
  readonly group: string;
  readonly #keeper: Keeper;

  constructor(pid: number, group: string, keeper: Keeper) {
    this.pid = pid;
    this.group = group;
    this.#keeper = keeper;
  }

  /** The command line that runs `command` in the machine when it is run on the host. */
  onHost(command: readonly string[]): readonly [string, ...string[]] {
    // Out of the host's control group first; and what is killed on the host for being late is killed in the machine too.
    const enter = 'echo 0 >"$0/visitors/cgroup.procs" && exec nsenter "$@"';
    const target = ['--target', `${this.pid}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
    const inside = [
      'setpriv',
      '--bounding-set',
      '-sys_time',
      '--pdeathsig',
      'KILL',
      'env',
      '-i',
      ...ENVIRONMENT,
      ...command,
    ];
    return ['/bin/sh', '-c', enter, this.group, ...target, ...inside];
  }

  run(command: readonly string[], options: RunInput = {}): Promise<RunResult> {
    const [file, ...args] = this.onHost(command);
    return runProgram(file, args, options);
  }

  sh(line: string, options: RunInput = {}): Promise<RunResult> {
    return this.run(['/bin/sh', '-c', line], options);
  }

  /** As `sh`; rejects on any exit code but 0, and gives standard output without its last line end. */
  async must(line: string, options: RunInput = {}): Promise<string> {
    const result = await this.sh(line, options);
    if (result.code !== 0) throw new Error(`${line}: ${describeRun(result)}`);
    return result.stdout.replace(/\n$/, '');
  }

  /** Makes the directories on the way. `mode` as for chmod; default 0644. */
  async write(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
    const line = `mkdir -p "$1" && cat >"$2" && chmod ${mode.toString(8)} "$2"`;
    const result = await this.run(['/bin/sh', '-c', line, 'sh', dirname(path), path], { input: content });
    if (result.code !== 0) throw new Error(`write ${path}: ${describeRun(result)}`);
  }

  async read(path: string): Promise<string> {
    const result = await this.run(['cat', '--', path]);
    if (result.code !== 0) throw new Error(`read ${path}: ${describeRun(result)}`);
    return result.stdout;
  }

  /** Copies a file or a whole directory of the host; `path` is what it will be called in the machine. */
  async copyIn(hostPath: string, path: string): Promise<void> {
    const info = await stat(hostPath);
    if (!info.isDirectory()) return this.write(path, await readFile(hostPath), info.mode & 0o7777);
    const options = { encoding: 'buffer', maxBuffer: 2 ** 30 } as const;
    const { stdout } = await promisify(execFile)('tar', ['-C', hostPath, '-cf', '-', '.'], options);
    const result = await this.run(['/bin/sh', '-c', 'mkdir -p "$0" && tar -xf - -C "$0"', path], { input: stdout });
    if (result.code !== 0) throw new Error(`copy ${hostPath} to ${path}: ${describeRun(result)}`);
  }

  /** As the function of that name: looks again and again, at most `timeoutMs`. */
  waitFor(condition: () => Promise<boolean>, options: WaitOptions): Promise<void> {
    return waitFor(condition, options);
  }

  /** Runs statements as the database server's root; all rows together, null for NULL. */
  sql(statements: string): Promise<readonly SqlRow[]> {
    return askMariadb(this, statements);
  }

  installUnit(name: string, text: string): Promise<void> {
    return this.installUnits({ [name]: text });
  }

  /** Writes unit files (or `NAME.d/x.conf`) by name and has systemd read them, with one reload for all. */
  async installUnits(units: Readonly<Record<string, string>>): Promise<void> {
    const line =
      'while [ $# -gt 1 ]; do mkdir -p "$(dirname "$1")"; printf %s "$2" >"$1" || exit; shift 2; done; systemctl daemon-reload';
    const files = Object.entries(units).flatMap(([name, text]) => [`${UNIT_DIRECTORY}/${name}`, text]);
    const result = await this.run(['/bin/sh', '-c', line, 'sh', ...files]);
    if (result.code !== 0) throw new Error(`install units: ${describeRun(result)}`);
  }

  /** Resolves once systemd has finished booting; units that failed are for the test to find. */
  async waitUntilUp(): Promise<void> {
    const isGone = () => !existsSync(`/proc/${this.pid}`);
    const isUp = async () => {
      const { stdout } = await this.run(['systemctl', 'is-system-running']);
      return ['running', 'degraded'].includes(stdout.trim());
    };
    await waitFor(async () => isGone() || (await isUp()), { what: 'systemd to be up', timeoutMs: BOOT_TIMEOUT_MS });
    if (isGone()) throw new Error('its first process has ended');
  }

  /** Ends everything in it at once and resolves when nothing of it is left; again: no more than that. */
  async stop(): Promise<void> {
    this.#keeper.stdin.end();
    if (this.#keeper.exitCode === null && this.#keeper.signalCode === null) await once(this.#keeper, 'exit');
    if (this.#keeper.exitCode !== 0) throw new Error(`the keeper of ${this.group} could not clean up`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
