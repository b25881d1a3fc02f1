/** Reads INI text line by line into sections and entries, each with its line, and says what is not INI. */
import { errorIssue, type ConfigIssue } from './issues.js';
import { trimBlanks } from './read-value.js';

/** Example: line 17, `check_interval = 30  ; half a minute` → `{ key: 'check_interval', value: '30  ; half a minute', line: 17 }` */
export interface IniEntry {
  readonly key: string;
  /** To the end of the line, as written; spaces and tabs around it are gone. */
  readonly value: string;
  readonly line: number;
}

export interface IniSection {
  /** Literally what stands between the brackets: `process.my.app`. */
  readonly name: string;
  readonly line: number;
  /** By key, in the order of the file. */
  readonly entries: ReadonlyMap<string, IniEntry>;
}

export interface IniDocument {
  /** Each name once, in the order of the file. */
  readonly sections: readonly IniSection[];
  readonly problems: readonly ConfigIssue[];
}

const HEADER = /^\[([^\]]+)\]\s*(?:[;#].*)?$/;
// Tab is harmless; U+FFFD stands where a byte was not UTF-8.
const UNREADABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\ufffd]/;

interface OpenSection extends IniSection {
  readonly entries: Map<string, IniEntry>;
}

interface Line {
  readonly text: string;
  readonly line: number;
}

/** Never throws. `source` names the text in problems. A byte order mark and both kinds of line end are understood. */
export function readIni(text: string, source: string): IniDocument {
  return new IniReader(source).read(text);
}

class IniReader {
  readonly #source: string;
  readonly #sections = new Map<string, OpenSection>();
  readonly #problems: ConfigIssue[] = [];
  /** `none` before the first header; `unusable` after a bad one, whose keys would only be noise. */
  #current: OpenSection | 'none' | 'unusable' = 'none';

  constructor(source: string) {
    this.#source = source;
  }

  read(text: string): IniDocument {
    for (const [index, raw] of text
      .replace(/^\ufeff/, '')
      .split(/\r?\n/)
      .entries()) {
      const line = { text: trimBlanks(raw), line: index + 1 };
      if (line.text !== '' && !/^[;#]/.test(line.text)) this.#readLine(line);
    }
    return { sections: [...this.#sections.values()], problems: this.#problems };
  }

  // Problems never repeat the line itself: it may be a password that lost its key.
  #readLine({ text, line }: Line): void {
    if (UNREADABLE.test(text)) this.#refuse(line, 'holds a control character or a byte that is not UTF-8');
    else if (text.startsWith('[')) this.#readHeader({ text, line });
    else this.#readEntry({ text, line });
  }

  #readHeader({ text, line }: Line): void {
    const name = HEADER.exec(text)?.[1];
    this.#current = 'unusable';
    if (name === undefined) {
      this.#refuse(line, 'not a section header', '[name] alone on its line');
      return;
    }
    const earlier = this.#sections.get(name);
    if (earlier !== undefined) {
      this.#refuse(line, `section [${name}] stands twice, first in line ${String(earlier.line)}`);
    }
    this.#current = earlier ?? { name, line, entries: new Map() };
    this.#sections.set(name, this.#current);
  }

  #readEntry({ text, line }: Line): void {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(equals, 0)).trim();
    const section = this.#current;
    if (equals === -1) this.#refuse(line, "no '=' in this line", 'key = value, [section], ; comment');
    else if (key === '') this.#refuse(line, "no key before '='", 'key = value');
    else if (section === 'none') this.#refuse(line, 'stands before the first [section]', null, key);
    else if (section !== 'unusable') this.#addEntry(section, { key, value: trimBlanks(text.slice(equals + 1)), line });
  }

  #addEntry(section: OpenSection, entry: IniEntry): void {
    const earlier = section.entries.get(entry.key);
    if (earlier === undefined) section.entries.set(entry.key, entry);
    else {
      const problem = `stands twice in this section, first in line ${String(earlier.line)}`;
      this.#refuse(entry.line, problem, null, entry.key);
    }
  }

  #refuse(line: number, problem: string, allowed: string | null = null, key: string | null = null): void {
    const section = typeof this.#current === 'string' ? null : this.#current.name;
    this.#problems.push(errorIssue({ source: this.#source, line, section, key, problem, allowed }));
  }
}
