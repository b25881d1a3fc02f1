/** The notifier's own part: what it sends, in which order, and what it keeps back. */
import { describe, expect, it } from 'vitest';
import { SdNotify } from '../../../src/adapters/systemd/sd-notify.js';
import { FakeClock } from '../../support/fake-clock.js';
import { ScriptedRunner, type ScriptedAnswer } from '../../support/scripted-runner.js';

const SOCKET = '/run/systemd/notify';

function setUp(answer: ScriptedAnswer = {}) {
  const clock = new FakeClock();
  const runner = new ScriptedRunner(clock).on('systemd-notify', answer);
  const sent = () => runner.calls.map(({ command }) => command.args);
  return { clock, runner, sent, notifier: new SdNotify(runner, SOCKET) };
}

describe('SdNotify', () => {
  it('sends ready with the status, the status and stopping, to the socket that systemd gave', async () => {
    const { notifier, runner, sent } = setUp();
    await notifier.ready();
    await notifier.status('2 in alarm');
    await notifier.ready();
    await notifier.stopping();
    expect(sent()).toEqual([['READY=1'], ['STATUS=2 in alarm'], ['READY=1', 'STATUS=2 in alarm'], ['STOPPING=1']]);
    expect(runner.calls[0]?.command.environment).toEqual({ NOTIFY_SOCKET: SOCKET });
  });

  it('sends nothing where systemd is not the supervisor', async () => {
    const runner = new ScriptedRunner();
    const notifier = new SdNotify(runner, null);
    await Promise.all([notifier.ready(), notifier.status('x'), notifier.stopping()]);
    expect(runner.calls).toEqual([]);
  });

  it('sends a status only when it differs from the last', async () => {
    const { notifier, sent } = setUp();
    for (const text of ['a', 'a', 'b', 'b\n', 'a']) await notifier.status(text);
    expect(sent()).toEqual([['STATUS=a'], ['STATUS=b'], ['STATUS=a']]);
  });

  it('keeps a name with line ends from becoming a message of its own', async () => {
    const { notifier, sent } = setUp();
    await notifier.status('evil\nMAINPID=1\r\n\u0000WATCHDOG=trigger\u2028x');
    expect(sent()).toEqual([['STATUS=evil MAINPID=1 WATCHDOG=trigger x']]);
  });

  it('cuts a long status at 500 bytes, never inside a character', async () => {
    const { notifier, sent } = setUp();
    await notifier.status('ș'.repeat(249) + '🙂🙂');
    expect(sent()).toEqual([[`STATUS=${'ș'.repeat(249)}`]]);
  });

  it('sends one after another, and of several that wait the newest only', async () => {
    const { notifier, clock, sent } = setUp({ afterMs: 100 });
    const all = Promise.all(['a', 'b', 'c'].map((text) => notifier.status(text)));
    await clock.advance(300);
    await all;
    expect(sent()).toEqual([['STATUS=c']]);
  });

  it.each([{ exitCode: 1 }, { notStarted: 'missing' }, { afterMs: Infinity }] as const)(
    'keeps a failure to itself: %j',
    async (answer) => {
      const { notifier, clock } = setUp(answer);
      const told = notifier.ready();
      await clock.advance(10_000);
      await expect(told).resolves.toBeUndefined();
    },
  );

  it('goes on after a runner that threw', async () => {
    const notifier = new SdNotify({ run: () => Promise.reject(new Error('bug')) }, SOCKET);
    await expect(notifier.ready()).resolves.toBeUndefined();
    await expect(notifier.stopping()).resolves.toBeUndefined();
  });

  it('sends each sign of life, also when nothing else has changed', async () => {
    const { notifier, sent } = setUp();
    await notifier.alive();
    await notifier.alive();
    expect(sent()).toEqual([['WATCHDOG=1'], ['WATCHDOG=1']]);
  });

  it('starts no command while the line takes what it sends', async () => {
    const { runner } = setUp();
    const messages: string[] = [];
    const notifier = new SdNotify(runner, SOCKET, { send: (message) => messages.push(message) > 0 });
    await notifier.status('evil\nMAINPID=1');
    await notifier.ready();
    await notifier.alive();
    await notifier.stopping();
    expect(messages).toEqual(['STATUS=evil MAINPID=1', 'READY=1\nSTATUS=evil MAINPID=1', 'WATCHDOG=1', 'STOPPING=1']);
    expect(runner.calls).toEqual([]);
  });

  it('sends by the command what the line does not take', async () => {
    const { runner, sent } = setUp();
    const notifier = new SdNotify(runner, SOCKET, { send: (message) => message !== 'READY=1' });
    await notifier.ready();
    await notifier.alive();
    expect(sent()).toEqual([['READY=1']]);
  });

  it('leaves the line alone where systemd is not the supervisor', async () => {
    const messages: string[] = [];
    const notifier = new SdNotify(new ScriptedRunner(), null, { send: (message) => messages.push(message) > 0 });
    await notifier.ready();
    expect(messages).toEqual([]);
  });
});
