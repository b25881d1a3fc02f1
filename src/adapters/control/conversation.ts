/** One client: its request, the proof of who asks where it asks for an act, and the reply. */
import type { Socket } from 'node:net';
import type { Challenge, Judgement } from '../../domain/proof.js';
import type { Clock } from '../../ports/clock.js';
import type { Asker, ControlHandler, ControlReply } from '../../ports/control-handler.js';
import type { People } from '../../ports/people.js';
import { wordsOf } from './error-words.js';
import { LineReader, LONGEST_LINE_BYTES, type ReceivedLine } from './line-reader.js';
import { isActing, parseProved, parseRequest, questionText, type ActingRequest } from './messages.js';
import type { ProofDesk } from './proof-desk.js';

/** How long a client may take to say what it wants. */
const REQUEST_WITHIN_MS = 10_000;
/** How long it may take to prove who it is. */
const PROOF_WITHIN_MS = 30_000;

export interface ConversationDeps {
  readonly clock: Clock;
  readonly handler: ControlHandler;
  readonly people: People | null;
  /** null: nobody can prove anything here. */
  readonly desk: ProofDesk | null;
  readonly closing: AbortSignal;
  /** The client has said, and where that is needed proved, all that it has to. */
  readonly onHeard: () => void;
}

interface Talk extends ConversationDeps {
  readonly socket: Socket;
  readonly reader: LineReader;
}

/** null: the client is gone or said nothing in time. Rejects with what the handler failed at. */
export async function converse(socket: Socket, deps: ConversationDeps): Promise<ControlReply | null> {
  const talk = { ...deps, socket, reader: new LineReader(socket) };
  const received = await within(REQUEST_WITHIN_MS, talk);
  if (received.kind === 'closed') return null;
  if (received.kind === 'too_long') return failure(`the request is longer than ${LONGEST_LINE_BYTES} bytes`);
  const request = parseRequest(received.text);
  if (request === null) return failure('this is no request, example: {"command":"restart","target":"sshd"}');
  if (isActing(request) && deps.desk !== null) return act(request, talk, deps.desk);
  deps.onHeard();
  return deps.handler.handle(request, null, deps.closing);
}

async function act(request: ActingRequest, talk: Talk, desk: ProofDesk): Promise<ControlReply> {
  const { handler, closing, onHeard } = talk;
  const judged = await ask(request, talk, desk);
  onHeard();
  const asker = judged.uid === null ? null : await askerOf(judged.uid, talk.people);
  return judged.kind === 'allowed'
    ? handler.handle(request, asker, closing)
    : handler.refuse(request, asker, judged.why);
}

/** The name belongs to this connection and this request: proved for another one it is worth nothing. */
async function ask(request: ActingRequest, talk: Talk, desk: ProofDesk): Promise<Judgement> {
  const refused = (why: string): Judgement => ({ kind: 'refused', uid: null, why: `who asks is not proved: ${why}` });
  let given: { readonly challenge: Challenge; readonly question: Parameters<typeof questionText>[0] };
  try {
    given = await desk.challenge();
  } catch (error) {
    return refused(wordsOf(error));
  }
  talk.socket.write(`${questionText(given.question)}\n`);
  const said = await within(PROOF_WITHIN_MS, talk);
  if (said.kind === 'line' && parseProved(said.text) === given.challenge.nonce)
    return desk.judge(given.challenge, request.command);
  await desk.drop(given.challenge);
  return refused(said.kind === 'line' ? 'the answer is not to the question' : 'no proof came in time');
}

async function askerOf(uid: number, people: People | null): Promise<Asker> {
  return { uid, user: (await people?.nameOf(uid)) ?? null };
}

async function within(timeMs: number, { reader, clock, closing }: Talk): Promise<ReceivedLine> {
  const heard = new AbortController();
  // Taken off again: AbortSignal.any keeps what hangs on a long-lived signal.
  const stop = (): void => heard.abort();
  closing.addEventListener('abort', stop);
  if (closing.aborted) stop();
  const silence = clock.sleep(timeMs, heard.signal).then(() => ({ kind: 'closed' }) as const);
  const received = await Promise.race([reader.next(), silence]);
  closing.removeEventListener('abort', stop);
  stop();
  return received;
}

function failure(text: string): ControlReply {
  return { ok: false, code: 'failed', text };
}
