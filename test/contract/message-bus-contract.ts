/** What a message bus does, as far as the client for it relies on that: the fake of the tests does as the real one. */
import { expect, it } from 'vitest';
import type { IncomingMessage } from '../../src/adapters/systemd/dbus/message.js';
import { Handshake } from '../../src/adapters/systemd/dbus/handshake.js';
import { BusClient, type TestSignal } from '../support/bus-client.js';

export interface MessageBusUnderTest {
  /** Of its socket. */
  readonly path: string;
  /** Somebody on the bus sends this signal to whoever wants it. */
  readonly emit: (signal: TestSignal) => Promise<void>;
}

const BUS = 'org.freedesktop.DBus';
const ERROR = `${BUS}.Error`;
const SIGNAL: TestSignal = { path: '/a', interface: 'org.example.A', member: 'Changed', text: 'x' };

/** Declares the tests; `get` is called in each of them. */
export function messageBusContract(get: () => MessageBusUnderTest): void {
  loggingIn(get);
  calling(get);
  listening(get);
}

function loggingIn(get: () => MessageBusUnderTest): void {
  it('lets in who says the whole login at once, and calls with it', async () => {
    const client = await BusClient.connect(get().path);
    client.say(Buffer.concat([Buffer.from(new Handshake().opening), client.message('Hello')]));
    expect(await client.line()).toBe('DATA');
    expect(await client.line()).toMatch(/^OK [0-9a-f]{32}$/);
    expect(await client.next()).toMatchObject({ type: 'reply', fields: { replySerial: 1, signature: 's' } });
  });

  it('lets in who says it byte by byte', async () => {
    const client = await BusClient.connect(get().path);
    for (const byte of new Handshake().opening) {
      client.say(Buffer.from(byte));
      await new Promise(setImmediate);
    }
    expect(await client.line()).toBe('DATA');
    expect(await client.line()).toMatch(/^OK /);
    client.say(client.message('Hello'));
    expect((await client.next()).type).toBe('reply');
  });

  it('refuses a login by another mechanism, and names the one that it takes', async () => {
    const client = await BusClient.connect(get().path);
    client.say(Buffer.from('\0AUTH NONSENSE\r\n'));
    expect(await client.line()).toMatch(/^REJECTED.* EXTERNAL\b/);
  });

  it('gives each connection a name of its own, once', async () => {
    const [one, other] = [await BusClient.open(get().path), await BusClient.open(get().path)];
    expect(one.name).toMatch(/^:\d+\.\d+$/);
    expect(other.name).not.toBe(one.name);
    expect(errorOf(await one.call('Hello'))).toBe(`${ERROR}.Failed`);
  });

  it('refuses every call before Hello', async () => {
    const client = await BusClient.connect(get().path);
    client.say(Buffer.from(new Handshake().opening));
    await client.line();
    await client.line();
    expect(errorOf(await client.call('NameHasOwner', ['org.example']))).toBe(`${ERROR}.AccessDenied`);
    expect((await client.call('Hello')).type).toBe('reply');
  });

  it('hangs up on whoever sends what is no message', async () => {
    const client = await BusClient.open(get().path);
    client.say(Buffer.from('GET / HTTP/1.1\r\nHost: nowhere\r\n\r\n'));
    await client.closed;
  });
}

function calling(get: () => MessageBusUnderTest): void {
  it('answers calls that come together, or in pieces, in their order', async () => {
    const client = await BusClient.open(get().path);
    const calls = [BUS, 'org.nobody', BUS].map((name) => client.message('NameHasOwner', [name]));
    client.say(Buffer.concat(calls));
    const together = [await client.next(), await client.next(), await client.next()];
    expect(together.map((answer) => answer.read().values('b')[0])).toEqual([true, false, true]);
    const piecemeal = client.message('NameHasOwner', [BUS]);
    for (const byte of piecemeal) {
      client.say(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect((await client.next()).read().values('b')).toEqual([true]);
  });

  it('says who has a name: itself, its connections while they are there, and nobody else', async () => {
    const [client, other] = [await BusClient.open(get().path), await BusClient.open(get().path)];
    const hasOwner = async (name: string): Promise<unknown> =>
      (await client.call('NameHasOwner', [name])).read().values('b')[0];
    expect(await hasOwner(BUS)).toBe(true);
    expect(await hasOwner(client.name)).toBe(true);
    expect(await hasOwner(other.name)).toBe(true);
    expect(await hasOwner('org.example.Nobody')).toBe(false);
    other.close();
    while ((await hasOwner(other.name)) === true) await new Promise(setImmediate);
  });

  it('says so of a call to nobody, and starts nothing for it', async () => {
    const client = await BusClient.open(get().path);
    const answer = await client.call('Anything', [], 'org.example.Nobody');
    expect(errorOf(answer)).toBe(`${ERROR}.NameHasNoOwner`);
    expect(answer.fields).toMatchObject({ signature: 's', sender: BUS });
    expect(answer.read().string()).toContain('org.example.Nobody');
  });

  it('says so of a method that it does not know', async () => {
    const client = await BusClient.open(get().path);
    expect(errorOf(await client.call('NoSuchMethod'))).toBe(`${ERROR}.UnknownMethod`);
  });

  it('gives no answer to a rule for which none is wanted, but tells of one that it refuses all the same', async () => {
    const client = await BusClient.open(get().path);
    const rule = "type='signal',path='/a'";
    client.say(client.message('AddMatch', [rule], { isOneWay: true }));
    await client.must('RemoveMatch', rule);
    client.say(client.message('RemoveMatch', [rule], { isOneWay: true }));
    expect(errorOf(await client.next())).toBe(`${ERROR}.MatchRuleNotFound`);
  });
}

function listening(get: () => MessageBusUnderTest): void {
  it('sends signals to those alone who have a rule that fits', async () => {
    const [near, far, deaf] = [
      await BusClient.open(get().path),
      await BusClient.open(get().path),
      await BusClient.open(get().path),
    ];
    await near.must('AddMatch', `type='signal',interface='org.example.A',member='Changed',path='/a',arg0='x'`);
    await far.must('AddMatch', `type='signal',path='/elsewhere'`);
    await get().emit(SIGNAL);
    const signal = await near.next();
    expect(signal).toMatchObject({ type: 'signal', fields: { path: '/a', member: 'Changed', signature: 's' } });
    expect(signal.read().string()).toBe('x');
    await get().emit({ ...SIGNAL, text: 'another' });
    await get().emit({ ...SIGNAL, path: '/elsewhere' });
    expect((await far.next()).fields.path).toBe('/elsewhere');
    // Whatever had been sent to them would come before the answer.
    for (const client of [near, far, deaf]) expect((await client.call('NameHasOwner', [BUS])).type).toBe('reply');
  });

  it('sends a signal once, however many rules fit', async () => {
    const client = await BusClient.open(get().path);
    for (const rule of ["type='signal',path='/a'", "type='signal',member='Changed'", "type='signal',path='/a'"])
      await client.must('AddMatch', rule);
    await get().emit(SIGNAL);
    expect((await client.next()).type).toBe('signal');
    expect((await client.call('NameHasOwner', [BUS])).type).toBe('reply');
  });

  it('sends no more when the rule was removed as often as it was added, and knows a rule that is not there', async () => {
    const client = await BusClient.open(get().path);
    const rule = "type='signal',path='/a'";
    await client.must('AddMatch', rule);
    await client.must('AddMatch', rule);
    await client.must('RemoveMatch', rule);
    await get().emit(SIGNAL);
    expect((await client.next()).type).toBe('signal');
    await client.must('RemoveMatch', rule);
    await get().emit(SIGNAL);
    expect(errorOf(await client.call('RemoveMatch', [rule]))).toBe(`${ERROR}.MatchRuleNotFound`);
  });

  it('refuses what is no rule', async () => {
    const client = await BusClient.open(get().path);
    for (const rule of ['nonsense', "colour='red'"])
      expect(errorOf(await client.call('AddMatch', [rule]))).toBe(`${ERROR}.MatchRuleInvalid`);
  });
}

function errorOf({ type, fields }: IncomingMessage): string | undefined {
  return type === 'error' ? fields.error : type;
}
