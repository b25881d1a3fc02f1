/** The wire format of the bare limit, against messages as dbus-daemon writes them. */
import { describe, expect, it } from 'vitest';
import { BusMessages, encodeCall, handshakeOf } from '../../bench/machine/bus-messages.js';

/** A call with two strings, which reads back as any other message. */
const CALL = encodeCall({
  serial: 7,
  destination: 'a.b',
  path: '/a',
  interface: 'a.c',
  member: 'Do',
  words: ['bench-1', 'fail'],
});
/** `OK` of the login, then: reply to 7, signature `o`, body `/job/5`. */
const REPLY = Buffer.concat([
  Buffer.from('OK 00ff\r\n'),
  Buffer.from('6c0201010b0000000900000010000000', 'hex'),
  Buffer.from('0501750007000000' + '0801670001' + '6f00' + '00', 'hex'),
  Buffer.from('060000002f6a6f622f3500', 'hex'),
]);

describe('messages of the bus', () => {
  it('log in as a number', () => {
    expect(handshakeOf(0)).toBe('\0AUTH EXTERNAL 30\r\nBEGIN\r\n');
  });

  it('are read from a stream that is cut anywhere', () => {
    for (let cut = 1; cut < REPLY.length; cut += 1) {
      const messages = new BusMessages();
      const all = [...messages.push(REPLY.subarray(0, cut)), ...messages.push(REPLY.subarray(cut))];
      expect(
        all.map(({ type, replySerial, signature, strings }) => [type, replySerial, signature, strings(0, 1)]),
      ).toEqual([['reply', 7, 'o', ['/job/5']]]);
    }
  });

  it('are written as they are read', () => {
    const messages = new BusMessages();
    messages.push(Buffer.from('OK\r\n'));
    const [call] = messages.push(CALL);
    expect([call?.type, call?.signature, call?.strings(0, 2)]).toEqual(['call', 'ss', ['bench-1', 'fail']]);
  });
});
