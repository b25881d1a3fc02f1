/** Messages as the specification lays them out, and what is refused. */
import { describe, expect, it } from 'vitest';
import { socketPaths } from '../../../../src/adapters/systemd/dbus/bus-address.js';
import { Handshake } from '../../../../src/adapters/systemd/dbus/handshake.js';
import { decodeMessage, encodeMessage, MessageSplitter } from '../../../../src/adapters/systemd/dbus/message.js';
import { parseSignature, WireError } from '../../../../src/adapters/systemd/dbus/signature.js';
import { KeySet } from '../../../../src/adapters/systemd/dbus/key-set.js';
import { WireReader } from '../../../../src/adapters/systemd/dbus/wire-reader.js';
import { WireWriter } from '../../../../src/adapters/systemd/dbus/wire-writer.js';

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('a message', () => {
  it('is written as the specification says', () => {
    const fields = { path: '/a', member: 'Do', signature: 'us' };
    const expected = bytes(`6c 01 02 01  0b000000  05000000  28000000
      01 016f00 02000000 2f6100 0000000000
      03 017300 02000000 446f00 0000000000
      08 016700 02 757300
      07000000 02000000 616200`);
    expect(encodeMessage({ type: 'call', serial: 5, fields, body: [7, 'ab'] })).toEqual(expected);
  });

  it('is read as a bus has delivered it', () => {
    const delivered = Buffer.from(
      'l\x02\x01\x01(\0\0\0\x15)\0\0-\0\0\0\x05\x01u\0\x17\0\0\0\x06\x01s\0\x04\0\0\0:1.4\0\0\0\0\x08\x01g\0\x01o\0\0' +
        '\x07\x01s\0\x04\0\0\0:1.0\0\0\0\0#\0\0\0/org/freedesktop/systemd1/job/19547\0',
      'latin1',
    );
    const message = decodeMessage(delivered);
    const fields = { replySerial: 23, destination: ':1.4', signature: 'o', sender: ':1.0' };
    expect(message).toMatchObject({ type: 'reply', serial: 0x29_15, fields });
    expect(message.read().values('o')).toEqual(['/org/freedesktop/systemd1/job/19547']);
  });

  it('is read in either byte order', () => {
    const big = bytes(`42 02 01 01  00000010  00000009  00000010
      05 017500 00000003  08 016700 02 737400
      00000002 616200 00 0000000000000009`);
    expect(decodeMessage(big)).toMatchObject({ type: 'reply', serial: 9, fields: { replySerial: 3 } });
    expect(decodeMessage(big).read().values('st')).toEqual(['ab', 9n]);
    const numbers = 'nqiubdx';
    const values = [-2, 65_534, -3, 4, true, 0.5, -1n];
    const reader = new WireReader(
      bytes('fffe fffe fffffffd 00000004 00000001 3fe0000000000000 ffffffffffffffff'),
      false,
    );
    expect(reader.values(numbers)).toEqual(values);
  });

  it.each([
    ['that begins like none', '41 01 00 01 00000000 01000000 00000000'],
    ['of another version', '6c 01 00 02 00000000 01000000 00000000'],
    ['without a number', '6c 01 00 01 00000000 00000000 00000000'],
    ['larger than any may be', '6c 01 00 01 01000008 01000000 00000000'],
    ['whose header ends inside a field', '6c 01 00 01 00000000 01000000 07000000 01 016f00 020000 00'],
    ['whose path is a number', '6c 01 00 01 00000000 01000000 08000000 01 017500 02000000'],
  ])('%s is refused', (_, hex) => {
    expect(() => new MessageSplitter().push(bytes(hex))).toThrow(WireError);
  });

  it('says of a type that is not known that it is invalid, and passes over fields that are not known', () => {
    const odd = decodeMessage(bytes('6c 09 00 01 00000000 01000000 08000000 20 017500 02000000'));
    expect(odd).toMatchObject({ type: 'invalid', fields: {} });
  });
});

describe('a value', () => {
  it.each([
    ['a string without its end', 's', '02000000 6162'],
    ['a string that ends with something else', 's', '02000000 616263'],
    ['a boolean of 2', 'b', '02000000'],
    ['an array longer than its message', 'au', '08000000 01000000'],
    ['an array that ends inside an element', 'au', '06000000 01000000 0200 0000'],
    ['an array of more than 64 MiB', 'ay', '01000004'],
    ['a variant of two types', 'v', '02 757500 01000000 01000000'],
    ['variants in variants without end', 'v', '01 7600'.repeat(70)],
  ])('%s is refused', (_, signature, hex) => {
    expect(() => new WireReader(bytes(hex), true).values(signature)).toThrow(WireError);
  });

  it.each([
    ['y', 256],
    ['n', 40_000],
    ['u', -1],
    ['u', 1.5],
    ['u', '1'],
    ['t', 1],
    ['t', 2n ** 64n],
    ['x', 2n ** 63n],
    ['b', 1],
    ['s', 'a\0b'],
    ['s', 7],
    ['as', 'a'],
    ['(ss)', ['a']],
    ['v', 'a'],
    ['g', 'z'],
  ])('of type %s cannot be %s', (signature, value) => {
    expect(() => new WireWriter().values(signature, [value])).toThrow(WireError);
  });

  it.each(['z', 'a', '(', '()', '(s', 's)', '{sv}', 'a{vs}', 'a{s}', 'a{svs}', 'a'.repeat(40) + 's', 's'.repeat(300)])(
    'has no type %j',
    (signature) => {
      expect(() => parseSignature(signature)).toThrow(WireError);
    },
  );

  it('picks of a dictionary what is asked', () => {
    const writer = new WireWriter();
    const entries = [
      ['Id', { signature: 's', value: 'a.service' }],
      ['ExecStart', { signature: 'a(sasb)', value: [['/bin/a', ['/bin/a', '-x'], true]] }],
      ['MainPID', { signature: 'u', value: 7 }],
    ] as const;
    writer.values('a{sv}', [entries]);
    const picked = new WireReader(writer.finish(), true).pick(new KeySet(['MainPID', 'Id', 'Nothing']));
    expect([...picked]).toEqual([
      ['Id', 'a.service'],
      ['MainPID', 7],
    ]);
  });

  it.each([
    ['one letter differs', 'MainPIX'],
    ['it is the beginning of the key', 'Main'],
    ['the key is its beginning', 'MainPIDs'],
    ['it is empty', ''],
  ])('picks nothing where %s', (_, key) => {
    const writer = new WireWriter();
    writer.values('a{sv}', [[[key, { signature: 'u', value: 7 }]]]);
    expect([...new WireReader(writer.finish(), true).pick(new KeySet(['MainPID', 'NoMatch']))]).toEqual([]);
  });

  it('does not pick from a dictionary whose key or type has no end', () => {
    const writer = new WireWriter();
    writer.values('a{sv}', [[['Id', { signature: 'u', value: 7 }]]]);
    const bytes = writer.finish();
    for (const zero of [bytes.indexOf('Id') + 2, bytes.indexOf('u', bytes.indexOf('Id')) + 1]) {
      const spoilt = Buffer.from(bytes);
      spoilt[zero] = 120;
      expect(() => new WireReader(spoilt, true).pick(new KeySet(['Nothing']))).toThrow(WireError);
    }
  });
});

describe('the handshake', () => {
  it('is over with the OK, however the answer is cut, and hands on what follows', () => {
    const handshake = new Handshake();
    expect(handshake.receive(Buffer.from('DATA\r'))).toBeNull();
    expect(handshake.receive(Buffer.from('\nOK 0011\r'))).toBeNull();
    expect(handshake.receive(Buffer.from('\nl\x02'))).toEqual(Buffer.from('l\x02'));
    expect(handshake.isOver).toBe(true);
  });

  it.each(['REJECTED EXTERNAL\r\n', 'ERROR\r\n', 'HTTP/1.1 400 Bad Request\r\n', 'x'.repeat(20_000)])(
    'fails with %j',
    (answer) => {
      expect(() => new Handshake().receive(Buffer.from(answer))).toThrow(Error);
    },
  );
});

describe('an address', () => {
  it.each([
    ['unix:path=/run/dbus/system_bus_socket', ['/run/dbus/system_bus_socket']],
    ['unix:abstract=/tmp/x,guid=00ff', ['\0/tmp/x']],
    ['tcp:host=x,port=1;unix:guid=1,path=/a%20b;unix:path=/c', ['/a b', '/c']],
    ['unix:path=/a%zz', ['/a%zz']],
    ['', []],
    ['unix:', []],
    ['unix:path=', []],
    ['nonsense', []],
  ])('%s names these sockets', (address, paths) => {
    expect(socketPaths(address)).toEqual(paths);
  });
});
