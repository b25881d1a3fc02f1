/** What is said over the control socket: one line of JSON each way; before an acting request is done, a challenge and its proof. */
import {
  CONTROL_COMMANDS,
  REPLY_CODES,
  type ActingCommand,
  type ControlReply,
  type ControlRequest,
} from '../../ports/control-handler.js';
import { LONGEST_LINE_BYTES } from './line-reader.js';

/** An acting request, and so one that takes a proof. */
export type ActingRequest = ControlRequest & { readonly command: ActingCommand };

/** What the monitor asks for before it acts: a file of this name and content in its directory of proofs. */
export interface Question {
  readonly nonce: string;
  /** The group that an operator gives the file to; null: none may act. */
  readonly gid: number | null;
}

/** However its characters are escaped, this many of them fit into a line. */
const SAFE_TEXT_LENGTH = 10_000;
const NONCE = /^[0-9a-f]{36}$/;

/** Example: `{"command":"restart","target":"sshd"}`. Returns null for anything that is no request. */
export function parseRequest(text: string): ControlRequest | null {
  const { command: asked, target = '', why = null } = parseObject(text);
  const command = CONTROL_COMMANDS.find((known) => known === asked);
  if (command === undefined || typeof target !== 'string') return null;
  return why === null || typeof why === 'string' ? { command, target, why } : null;
}

export function isActing(request: ControlRequest): request is ActingRequest {
  return request.command !== 'ping';
}

/** Example: `{"prove":"3f…","gid":1001}`. */
export function questionText({ nonce, gid }: Question): string {
  return JSON.stringify({ prove: nonce, gid });
}

/** Returns null for anything that is no such question: a name that could lead out of the directory among it. */
export function parseQuestion(text: string): Question | null {
  const { prove: nonce, gid = null } = parseObject(text);
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) return null;
  return gid === null || (typeof gid === 'number' && Number.isSafeInteger(gid) && gid >= 0) ? { nonce, gid } : null;
}

/** Example: `{"proved":"3f…"}`. */
export function provedText(nonce: string): string {
  return JSON.stringify({ proved: nonce });
}

/** The nonce that is said to be proved; null: nothing is said. */
export function parseProved(text: string): string | null {
  const { proved } = parseObject(text);
  return typeof proved === 'string' ? proved : null;
}

/** A text too long for one line is cut. */
export function replyText(reply: ControlReply): string {
  const whole = JSON.stringify(reply);
  if (Buffer.byteLength(whole) <= LONGEST_LINE_BYTES) return whole;
  return JSON.stringify({ ...reply, text: `${reply.text.slice(0, SAFE_TEXT_LENGTH)} …` });
}

/** Example: `{"ok":true,"code":"done","text":"restarted and well"}`. Returns null for anything that is no reply. */
export function parseReply(text: string): ControlReply | null {
  const reply = parseObject(text);
  const code = REPLY_CODES.find((known) => known === reply['code']);
  return code === undefined || typeof reply['ok'] !== 'boolean' || typeof reply['text'] !== 'string'
    ? null
    : { ok: reply['ok'], code, text: reply['text'] };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
