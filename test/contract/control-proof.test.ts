/** The proof of who asks, on real sockets and files, with those who would like to act without one. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, link, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ControlClient } from '../../src/adapters/control/control-client.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import { FakeClock } from '../support/fake-clock.js';
import { ANA, OPERATORS, TestDoor } from '../support/test-door.js';

const isRoot = geteuid?.() === 0;
let door: TestDoor;
beforeEach(async () => {
  door = await TestDoor.create();
});

async function make(nonce: string, { uid = 0, gid = 0, mode = 0o644, content = `${nonce}\n` } = {}): Promise<void> {
  const file = join(door.proofs, nonce);
  await writeFile(file, content, { flag: 'wx' });
  await chmod(file, mode);
  if (isRoot) await chown(file, uid, gid);
}

describe.runIf(isRoot)('an asker', () => {
  it('who is root makes the file and is served; nothing is left of it', async () => {
    await door.open();
    const client = new ControlClient(door.path, new SystemClock());
    const { signal } = new AbortController();
    const answer = await client.send({ command: 'restart', target: 'web' }, { timeoutMs: 5000, signal });
    expect(answer).toMatchObject({ kind: 'replied', reply: { ok: true } });
    expect(door.handler.done).toEqual([['restart', { uid: 0, user: null }]]);
    expect(await readdir(door.proofs)).toEqual([]);
  });

  it('of the operators group is told its number, served, and known by name', async () => {
    await door.open();
    const ana = door.visitor();
    ana.say({ command: 'restart', target: 'web' });
    const question = await ana.hear();
    expect(question['gid']).toBe(OPERATORS);
    const nonce = String(question['prove']);
    await make(nonce, { uid: ANA, gid: OPERATORS });
    ana.say({ proved: nonce });
    expect(await ana.hear()).toMatchObject({ ok: true });
    expect(door.handler.done).toEqual([['restart', { uid: ANA, user: 'ana' }]]);
  });

  it('of another group is refused and known', async () => {
    await door.open();
    const ana = door.visitor();
    const nonce = await ana.asks();
    await make(nonce, { uid: ANA, gid: ANA });
    ana.say({ proved: nonce });
    expect(await ana.hear()).toMatchObject({ ok: false, code: 'not_allowed' });
    expect(door.handler.refused).toMatchObject([
      [{ uid: ANA, user: 'ana' }, expect.stringContaining('group operators')],
    ]);
    expect(door.handler.done).toEqual([]);
    expect(await readdir(door.proofs)).toEqual([]);
  });

  it('reads without any proof', async () => {
    await door.open();
    const anybody = door.visitor();
    anybody.say({ command: 'ping' });
    expect(await anybody.hear()).toMatchObject({ ok: true });
  });
});

describe.runIf(isRoot)('nobody is let in by', () => {
  const tricks: [string, (nonce: string) => Promise<unknown>][] = [
    ['no file at all', async () => undefined],
    [
      'a symbolic link to a file of root',
      async (nonce) => {
        await writeFile(join(door.directory, 'real'), `${nonce}\n`);
        await symlink('../real', join(door.proofs, nonce));
      },
    ],
    [
      'a second name of a file of root',
      async (nonce) => {
        await writeFile(join(door.directory, 'real'), `${nonce}\n`);
        await link(join(door.directory, 'real'), join(door.proofs, nonce));
      },
    ],
    ['a directory of root', (nonce) => mkdir(join(door.proofs, nonce))],
    [
      'a pipe of root, which nobody ever writes into',
      async (nonce) => execFileSync('mkfifo', [join(door.proofs, nonce)]),
    ],
    [
      'a socket of root',
      async (nonce) => {
        const server = createServer().listen(join(door.proofs, nonce));
        onTestFinished(() => void server.close());
        await once(server, 'listening');
      },
    ],
    ['a file of root that the group may write', (nonce) => make(nonce, { mode: 0o664 })],
    ['a file of root that holds something else', (nonce) => make(nonce, { content: 'by a service of root' })],
    ['an empty file of root', (nonce) => make(nonce, { content: '' })],
    ['a file that holds more than the answer', (nonce) => make(nonce, { content: `${nonce}\n${'x'.repeat(500)}` })],
    ['a file of the nobody user', (nonce) => make(nonce, { uid: 65_534, gid: 65_534 })],
  ];

  it.each(tricks)('%s', async (_, trick) => {
    await door.open();
    const visitor = door.visitor();
    const nonce = await visitor.asks();
    await trick(nonce);
    visitor.say({ proved: nonce });
    expect(await visitor.hear()).toMatchObject({ ok: false, code: 'not_allowed' });
    expect(door.handler.done).toEqual([]);
    expect(existsSync(join(door.proofs, nonce))).toBe(false);
  });

  it('a file that was there before the question', async () => {
    await door.open(new FakeClock({ nowMs: Date.now() + 3_600_000 }));
    const visitor = door.visitor();
    const nonce = await visitor.asks();
    await make(nonce);
    visitor.say({ proved: nonce });
    expect(await visitor.hear()).toMatchObject({ text: expect.stringContaining('older than the question') as string });
    expect(door.handler.done).toEqual([]);
  });

  it('the proof of another connection, and its owner still is', async () => {
    await door.open();
    const [root, thief] = [door.visitor(), door.visitor()];
    const nonce = await root.asks();
    const other = await thief.asks();
    expect(other).not.toBe(nonce);
    await make(nonce);
    thief.say({ proved: nonce });
    expect(await thief.hear()).toMatchObject({ code: 'not_allowed' });
    root.say({ proved: nonce });
    expect(await root.hear()).toMatchObject({ ok: true });
  });

  it('the proof of another that is renamed or given a second name', async () => {
    await door.open();
    const [root, thief] = [door.visitor(), door.visitor()];
    const nonce = await root.asks();
    const other = await thief.asks();
    await make(nonce);
    await rename(join(door.proofs, nonce), join(door.proofs, other));
    thief.say({ proved: other });
    expect(await thief.hear()).toMatchObject({ text: expect.stringContaining('does not hold') as string });
    expect(door.handler.done).toEqual([]);
  });

  it('the same proof twice', async () => {
    await door.open();
    const first = door.visitor();
    const nonce = await first.asks();
    await make(nonce);
    first.say({ proved: nonce });
    first.say({ command: 'restart', target: 'other' });
    expect(await first.hear()).toMatchObject({ ok: true });
    expect(await first.hear()).toEqual({});
    const second = door.visitor();
    await second.asks();
    await make(nonce);
    second.say({ proved: nonce });
    expect(await second.hear()).toMatchObject({ code: 'not_allowed' });
    expect(door.handler.done).toHaveLength(1);
  });

  it('anything that is said, in any order', async () => {
    await door.open();
    const line = fc.oneof(
      fc.constantFrom(
        '{"command":"restart","target":"web"}',
        '{"command":"reload"}',
        '{"command":"ping"}',
        '{"proved":""}',
      ),
      fc.constantFrom(
        '{"proved":null}',
        `{"proved":"${'0'.repeat(36)}"}`,
        '{"asker":{"uid":0}}',
        '{"command":"restart","uid":0}',
      ),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 5 }), async (lines) => {
        const visitor = door.visitor();
        visitor.socket.end(lines.map((each) => `${each}\n`).join(''));
        while ('prove' in (await visitor.hear()));
        expect(door.handler.done.filter(([command]) => command !== 'ping')).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(door.handler.refused.length).toBeGreaterThan(0);
  });
});

describe('a proof that does not come', () => {
  it('is waited for no longer than 30 seconds', async () => {
    const clock = new FakeClock();
    await door.open(clock);
    const visitor = door.visitor();
    await visitor.asks();
    await clock.waitForSleeps(2);
    await clock.advance(29_999);
    expect(door.handler.refused).toEqual([]);
    await clock.advance(1);
    expect(await visitor.hear()).toMatchObject({ code: 'not_allowed' });
  });

  it('is not waited for where its asker has gone', async () => {
    await door.open();
    const visitor = door.visitor();
    await visitor.asks();
    visitor.socket.end();
    expect(await visitor.hear()).toMatchObject({ text: expect.stringContaining('no proof came in time') as string });
  });

  it('may not be a line without end', async () => {
    await door.open();
    const visitor = door.visitor();
    await visitor.asks();
    visitor.say('x'.repeat(70_000));
    expect(await visitor.hear()).toMatchObject({ code: 'not_allowed' });
    expect(door.handler.done).toEqual([]);
  });
});

describe.runIf(isRoot)('many who hold a question without an answer', () => {
  it('keep nobody out: the one who is silent longest makes room', async () => {
    await door.open();
    const silent = Array.from({ length: 100 }, () => door.visitor());
    await Promise.race(silent.map((each) => once(each.socket, 'close')));
    const root = door.visitor();
    const nonce = await root.asks();
    await make(nonce);
    root.say({ proved: nonce });
    expect(await root.hear()).toMatchObject({ ok: true });
  });
});
