/** The rules by which one connection is sent signals, as the message bus keeps them. */
import type { MessageFields } from '../../src/adapters/systemd/dbus/message.js';
import type { WireValue } from '../../src/adapters/systemd/dbus/wire-writer.js';

const KEYS = new Set(['type', 'sender', 'path', 'interface', 'member', 'arg0']);

/** The same rule may be there several times, and is then to be removed as often. */
export class MatchRules {
  readonly #rules: string[] = [];

  /** The last word of the error's name; null: it was added. */
  add(rule: string): string | null {
    if (parse(rule) === null) return 'MatchRuleInvalid';
    this.#rules.push(rule);
    return null;
  }

  remove(rule: string): string | null {
    if (parse(rule) === null) return 'MatchRuleInvalid';
    const at = this.#rules.indexOf(rule);
    if (at < 0) return 'MatchRuleNotFound';
    this.#rules.splice(at, 1);
    return null;
  }

  admit(fields: MessageFields, body: readonly WireValue[]): boolean {
    const { sender, path, interface: face, member } = fields;
    const found = { type: 'signal', sender, path, interface: face, member, arg0: body[0] };
    return this.#rules.some((rule) =>
      [...(parse(rule) ?? [])].every(
        ([key, value]) => new Map<string, unknown>(Object.entries(found)).get(key) === value,
      ),
    );
  }
}

/** Example: `type='signal',path='/a'`. null: not a rule. */
function parse(rule: string): ReadonlyMap<string, string> | null {
  const pairs = rule.split(',').map((part) => /^(\w+)='([^']*)'$/.exec(part));
  const isRule = pairs.every((pair) => KEYS.has(pair?.[1] ?? ''));
  return isRule ? new Map(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? ''])) : null;
}
