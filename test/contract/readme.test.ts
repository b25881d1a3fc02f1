/**
 * The two commands of the README, taken out of it and run as they stand there, in a fresh checkout. The test command
 * cannot run itself inside itself: of it, everything is run up to the tests, which are read and named.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoMachines } from '../system/support/machine-requirements.js';

const PROJECT = resolve(import.meta.dirname, '../..');
const README = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const [demoCommand = '', testCommand = ''] = [...README.matchAll(/```sh\n([^]*?)\n```/g)].map(
  ([, lines]) => lines ?? '',
);
const [demoForAWhile = ''] = /npm run demo -- --for \d+/.exec(README) ?? [];

/** Installing comes before the work itself, and what else the machine does. */
const PATIENCE_MS = 240_000;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

describe('a command of the README', () => {
  let home: string;
  let checkout: string;

  /** Only what is committed or about to be: a file that nobody has added is missing here too. */
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'process-monitor-'));
    checkout = join(home, 'checkout');
    const listed = execFileSync('git', ['-c', `safe.directory=${PROJECT}`, 'ls-files', '-z'], { cwd: PROJECT });
    for (const path of listed.toString().split('\0').filter(Boolean))
      await cp(join(PROJECT, path), join(checkout, path));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  /** As typed at a prompt: Ctrl-C reaches all that runs in the foreground, and the shell itself goes on. */
  async function type(command: string, interruptAt?: RegExp): Promise<Ended> {
    const child = spawn('/bin/sh', ['-c', `trap : INT\n${command}`], {
      cwd: checkout,
      detached: true,
      env: { ...process.env, TMPDIR: home },
    });
    const ended = once(child, 'close') as Promise<[number | null]>;
    let output = '';
    let isInterrupted = false;
    const onText = (text: string): void => {
      output += text;
      if (isInterrupted || child.pid === undefined || interruptAt?.test(output) !== true) return;
      isInterrupted = true;
      process.kill(-child.pid, 'SIGINT');
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onText);
    const [code] = await ended;
    return { code, output };
  }

  it(
    'installs and shows the demo, which Ctrl-C ends in good order',
    async () => {
      const { code, output } = await type(demoCommand, /reset +shop +alarma = 0/);
      expect({ code, output }).toMatchObject({
        code: 0,
        output: expect.stringMatching(/\nSummary: .*\n.*\n$/) as string,
      });
      expect(await readdir(home)).toEqual(['checkout']);
    },
    PATIENCE_MS,
  );

  it(
    'shows the demo for as long as it says, and leaves nothing behind',
    async () => {
      const { code, output } = await type(demoForAWhile);
      expect({ code, output }).toMatchObject({
        code: 0,
        output: expect.stringMatching(/\nSummary: .*\n.*\n$/) as string,
      });
      expect(await readdir(home)).toEqual(['checkout']);
    },
    PATIENCE_MS,
  );

  it(
    'installs and finds the tests of every kind, each of which can be read',
    async () => {
      const { code, output } = await type(`${testCommand} -- --list`);
      expect(code, output).toBe(0);
      // Tests that are skipped for want of a machine are not named.
      const folders = ['unit', 'engine', 'contract', ...(whyNoMachines() === null ? ['system'] : [])];
      for (const folder of folders) expect(output).toContain(`test/${folder}/`);
    },
    PATIENCE_MS,
  );
});
