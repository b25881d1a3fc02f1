/** Which paths of a file system may be relied on, on file systems made up of a few entries. */
import { describe, expect, it } from 'vitest';
import {
  distrustText,
  judgePath,
  type FileFacts,
  type Trust,
  type TrustRules,
} from '../../../src/domain/file-trust.js';
import { shellCommand, shellWord } from '../../../src/domain/shell-word.js';

const US = 998;
const STRANGER = 1000;

type Kind = 'file' | 'directory' | 'link';
interface Entry {
  readonly kind: Kind;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly nlink?: number;
  readonly target?: string;
}

const DIRECTORY: Entry = { kind: 'directory', mode: 0o755 };
const FILE: Entry = { kind: 'file', mode: 0o640 };

function factsOf({ kind, mode, uid = 0, gid = 0, nlink = 1 }: Entry): FileFacts {
  return {
    uid,
    gid,
    mode,
    nlink,
    isFile: () => kind === 'file',
    isDirectory: () => kind === 'directory',
    isSymbolicLink: () => kind === 'link',
  };
}

function judge(path: string, entries: Readonly<Record<string, Entry>>, rules: Partial<TrustRules> = {}): Trust {
  const world: Readonly<Record<string, Entry>> = { '/': DIRECTORY, ...entries };
  const eyes = {
    look: (each: string): FileFacts | null => (world[each] === undefined ? null : factsOf(world[each])),
    follow: (each: string): string => world[each]?.target ?? '',
  };
  return judgePath(path, eyes, { what: 'written', owners: [US], ...rules });
}

const told = (trust: Trust): string => (trust.kind === 'trusted' ? `trusted ${trust.path}` : distrustText(trust));

describe('a file', () => {
  it.each<[string, Entry, string]>([
    ['of root', FILE, 'trusted /d/f'],
    ['of ours', { ...FILE, uid: US }, 'trusted /d/f'],
    [
      'of a stranger',
      { ...FILE, uid: STRANGER },
      '/d/f belongs to user 1000, neither to root nor to us: chown root -- /d/f',
    ],
    [
      'that a group may write',
      { ...FILE, mode: 0o660 },
      '/d/f can be written by others (mode 0660): chmod go-w -- /d/f',
    ],
    ['that all may write', { ...FILE, mode: 0o602 }, '/d/f can be written by others (mode 0602): chmod go-w -- /d/f'],
    ['with a second name', { ...FILE, nlink: 2 }, '/d/f has 2 names (hard links): rm -- /d/f'],
    ['that is a link', { kind: 'link', mode: 0o777, target: '/etc/shadow' }, '/d/f is a symbolic link: rm -- /d/f'],
    ['that is a directory', DIRECTORY, '/d/f is not a regular file'],
  ])('%s', (_, entry, expected) => {
    expect(told(judge('/d/f', { '/d': DIRECTORY, '/d/f': entry }))).toBe(expected);
  });

  it('may be missing, where nobody else could have made it', () => {
    expect(judge('/d/e/f', { '/d': DIRECTORY })).toEqual({ kind: 'trusted', path: '/d/e/f', facts: null });
  });

  it('may be shared with a group where that is meant, and with all never', () => {
    const shared = { '/d': { ...DIRECTORY, mode: 0o770, gid: 50 }, '/d/f': { ...FILE, mode: 0o660 } };
    expect(told(judge('/d/f', shared, { isShared: true }))).toBe('trusted /d/f');
    const open = { ...shared, '/d/f': { ...FILE, mode: 0o666 } };
    expect(told(judge('/d/f', open, { isShared: true }))).toContain('/d/f can be written by others (mode 0666)');
  });
});

describe('the directories above', () => {
  it.each<[string, Entry, string]>([
    ['of a stranger', { ...DIRECTORY, uid: STRANGER }, '/d belongs to user 1000'],
    ['that all may write', { ...DIRECTORY, mode: 0o777 }, '/d can be written by others (mode 0777): chmod o-w -- /d'],
    ['that a group may write', { ...DIRECTORY, mode: 0o775, gid: 50 }, '/d can be written by others (mode 0775)'],
    ['that root’s group may write', { ...DIRECTORY, mode: 0o775 }, 'trusted'],
    ['where each owns what he made', { ...DIRECTORY, mode: 0o1777 }, 'trusted'],
  ])('%s', (_, entry, expected) => {
    const entries = { '/d': entry, '/d/e': DIRECTORY, '/d/e/f': FILE };
    expect(told(judge('/d/e/f', entries))).toContain(expected);
  });

  it('begin with the root of the file system', () => {
    const entries = { '/': { ...DIRECTORY, mode: 0o777 }, '/f': FILE };
    expect(told(judge('/f', entries))).toContain('/ can be written by others (mode 0777)');
  });

  it('may be those of a group above a log, and of no other owner', () => {
    const rules = { what: 'directory', mayGroupsWriteAbove: true } as const;
    const log = { '/log': { ...DIRECTORY, mode: 0o775, gid: 4 }, '/log/us': { ...DIRECTORY, uid: US } };
    expect(told(judge('/log/us', log, rules))).toBe('trusted /log/us');
    expect(told(judge('/log/us', { ...log, '/log/us': { ...DIRECTORY, mode: 0o775 } }, rules))).toContain(
      '/log/us can',
    );
  });

  it('that files of ours lie in are not shared even where each owns what he made', () => {
    const entries = { '/tmp': { ...DIRECTORY, mode: 0o1777 } };
    expect(told(judge('/tmp', entries, { what: 'directory' }))).toContain('/tmp can be written by others (mode 1777)');
  });
});

describe('links', () => {
  const link = (target: string, uid = 0): Entry => ({ kind: 'link', mode: 0o777, target, uid });
  const read = { what: 'read' } as const;

  it('are followed to what is read, and each step is judged', () => {
    const entries = { '/d': DIRECTORY, '/d/f': link('../e/g'), '/e': DIRECTORY, '/e/g': FILE };
    expect(told(judge('/d/f', entries, read))).toBe('trusted /e/g');
    expect(told(judge('/d/f', { ...entries, '/e': { ...DIRECTORY, mode: 0o777 } }, read))).toContain(
      '/e can be written',
    );
    expect(told(judge('/d/f', { ...entries, '/e/g': { ...FILE, uid: STRANGER } }, read))).toContain('/e/g belongs');
  });

  it('of a stranger are not followed', () => {
    const entries = { '/tmp': { ...DIRECTORY, mode: 0o1777 }, '/tmp/f': link('/g', STRANGER), '/g': FILE };
    expect(told(judge('/tmp/f', entries, read))).toBe(
      '/tmp/f is a symbolic link of user 1000: chown -h root -- /tmp/f',
    );
  });

  it('in a circle end', () => {
    const entries = { '/a': link('/b'), '/b': link('/a') };
    expect(told(judge('/a', entries, read))).toContain('circle');
  });

  it('to a directory are followed also for what is written', () => {
    const entries = { '/v': link('/w'), '/w': DIRECTORY, '/w/f': FILE };
    expect(told(judge('/v/f', entries))).toBe('trusted /w/f');
  });
});

describe('a remedy', () => {
  it('is quoted so that it can be copied', () => {
    expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
    expect(shellCommand('rm', '--', '/a b/$(x)')).toBe("rm -- '/a b/$(x)'");
  });

  it('is none where a terminal would not show what is copied', () => {
    expect(shellCommand('rm', '--', '/a\nreboot')).toBeNull();
    expect(shellCommand('rm', '--', '/a\u202e')).toBeNull();
  });
});
