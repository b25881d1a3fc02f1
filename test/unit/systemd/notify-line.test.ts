/** The line that the launcher leaves open: whom it is for, and what is never written to. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { pid } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotifyLine, openNotifyLine } from '../../../src/adapters/systemd/notify-line.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

let file: string;
let server: Server;
let socket: number;

/** A descriptor of ours that is a socket: the one a server listens on. */
beforeEach(async () => {
  const directory = await temporaryDirectory();
  file = join(directory, 'file');
  server = createServer();
  await new Promise<void>((resolve) => void server.listen(join(directory, 'socket'), resolve));
  socket = descriptorOf(server);
});

afterEach(() => server.close());

/** Node tells it nowhere else. */
function descriptorOf(listening: Server): number {
  const handle: unknown = Reflect.get(listening, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : null;
  if (typeof fd !== 'number') throw new Error('this Node keeps the descriptor elsewhere');
  return fd;
}

describe('openNotifyLine', () => {
  it('takes a socket that is meant for this process', () => {
    expect(openNotifyLine(`${pid}:${socket}`, pid)).toBeInstanceOf(NotifyLine);
  });

  it.each([null, '', 'x', '3', `${pid}:`, `${pid}:-1`, `${pid}:3.5`, `${pid}:3 `, `${pid}:999999`])(
    'takes nothing from %j',
    (text) => {
      expect(openNotifyLine(text, pid)).toBeNull();
    },
  );

  it('takes no line of another process, and no descriptor that every program has', () => {
    expect(openNotifyLine(`${pid + 1}:${socket}`, pid)).toBeNull();
    for (const descriptor of [0, 1, 2]) expect(openNotifyLine(`${pid}:${descriptor}`, pid)).toBeNull();
  });

  it('takes no descriptor of a file', () => {
    const fd = openSync(file, 'w');
    try {
      expect(openNotifyLine(`${pid}:${fd}`, pid)).toBeNull();
    } finally {
      closeSync(fd);
    }
  });
});

describe('NotifyLine', () => {
  it('writes to nobody else who has its descriptor by now', () => {
    const fd = openSync(file, 'w');
    try {
      expect(new NotifyLine(fd, 1n).send('READY=1')).toBe(false);
      expect(readFileSync(file, 'utf8')).toBe('');
      expect(new NotifyLine(socket, 1n).send('READY=1')).toBe(false);
    } finally {
      closeSync(fd);
    }
  });

  it('says so where a message does not go out', () => {
    // A socket that listens takes no messages.
    expect(openNotifyLine(`${pid}:${socket}`, pid)?.send('READY=1')).toBe(false);
  });
});
