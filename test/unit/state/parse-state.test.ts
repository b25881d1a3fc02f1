/** Whatever happened to the state file: the state as it was, or words about the damage; never something else. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseState, stateText } from '../../../src/adapters/state/parse-state.js';
import { sampleState } from '../../contract/state-sample.js';

const good = stateText(sampleState());

/** A file with a right sum over a wrong content. */
function signed(content: unknown): string {
  const body = JSON.stringify(content);
  return `{"sha256":"${createHash('sha256').update(body).digest('hex')}","state":${body}}\n`;
}

describe('parseState', () => {
  it('reads back what was written', () => {
    expect(parseState(good)).toEqual({ ok: true, state: sampleState() });
  });

  it('finds every truncation', () => {
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), (length) => {
        expect(parseState(good.slice(0, length)).ok).toBe(false);
      }),
    );
  });

  it('finds every flipped bit', () => {
    const bytes = Buffer.from(good);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 7 }), (position, bit) => {
        const damaged = Buffer.from(bytes);
        damaged[position] = (damaged[position] ?? 0) ^ (1 << bit);
        expect(parseState(damaged.toString('utf8')).ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws on any text or any JSON', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseState(text)));
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parseState(signed(JSON.parse(json) as unknown)).ok).toBe(false);
      }),
    );
  });

  it('refuses a state in which any one value is replaced by something of another type', () => {
    const paths = leaves(sampleState());
    expect(paths.length).toBeGreaterThan(50);
    for (const path of paths)
      expect(parseState(signed(replaced(sampleState(), path, { odd: 1 }))).ok, path.join('.')).toBe(false);
  });

  it('refuses a state in which any one field is missing or unknown', () => {
    const state = sampleState();
    const { '42': sshd } = state.processes;
    expect(parseState(signed({ ...state, extra: 1 }))).toMatchObject({ detail: 'state: unknown field extra' });
    expect(parseState(signed({ ...state, processes: { '42': { ...sshd, extra: 1 } } })).ok).toBe(false);
    for (const name of Object.keys(sshd ?? {})) {
      const process = Object.fromEntries(Object.entries(sshd ?? {}).filter(([key]) => key !== name));
      const detail = (parseState(signed({ ...state, processes: { '42': process } })) as { detail: string }).detail;
      expect(detail).toMatch(new RegExp(`^state\\.processes\\.42\\.${name}: expected .*found missing$`));
    }
  });

  it.each([
    ['', 'the file is empty'],
    ['{}', 'the file is cut off or no state file'],
    [good.replace('sshd', 'sshx'), 'the content does not match its checksum'],
    [
      signed({ ...sampleState(), version: 2, later: 1 }),
      'state: written by a newer program (version 2, this one knows 1)',
    ],
    [signed({ ...sampleState(), version: 0 }), 'state.version: expected 1, found 0'],
    [signed({ ...sampleState(), savedAtMs: 'now' }), 'state.savedAtMs: expected a time, found "now"'],
  ])('says in words what is wrong: %#', (text, detail) => {
    expect(parseState(text)).toEqual({ ok: false, detail });
  });
});

type Path = readonly (string | number)[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]));
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
