/** Where a value came from, and the layers of values that one comes from. */

export interface Origin {
  readonly kind: 'default' | 'file' | 'environment' | 'credential' | 'password_file' | 'option';
  /** The file as it was named, the variable, the path or the option; empty for a default. */
  readonly source: string;
  /** Line in the settings file; null elsewhere. */
  readonly line: number | null;
  /** The section it was set in, which for an inherited value is not the one that uses it. */
  readonly section: string;
}

/** A value as text, already without its comment or quotes; null: nothing is set. */
export interface RawValue {
  readonly text: string | null;
  readonly origin: Origin;
}

/** The values of one section by key. */
export type RawSection = ReadonlyMap<string, RawValue>;

/** What one source says: values by section and key. */
export type Layer = ReadonlyMap<string, RawSection>;

/** The same, while it is being gathered. */
export class LayerBuilder {
  readonly layer = new Map<string, Map<string, RawValue>>();

  /** The later word wins. */
  set(section: string, key: string, value: RawValue): void {
    this.section(section).set(key, value);
  }

  /** Makes the section known even if it stays empty. */
  section(name: string): Map<string, RawValue> {
    const known = this.layer.get(name) ?? new Map<string, RawValue>();
    this.layer.set(name, known);
    return known;
  }
}

/** In words, seen from `section`: `config.ini:17`, `environment MONITOR_DB_HOST`, `from [monitor], config.ini:9`. */
export function describeOrigin(origin: Origin, section: string): string {
  const inherited = origin.kind === 'default' || origin.section === section ? '' : `from [${origin.section}], `;
  return `${inherited}${place(origin)}`;
}

/** Where an issue stands: the first fields of a `ConfigIssue`. */
export interface Place {
  readonly source: string;
  readonly line: number | null;
  readonly section: string;
}

/** Where an issue with this value stands. */
export function issuePlace(origin: Origin): Place {
  const source = origin.kind === 'file' ? origin.source : place(origin);
  return { source, line: origin.line, section: origin.section };
}

function place(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.source}:${String(origin.line)}`;
    case 'environment':
    case 'credential':
    case 'option':
      return `${origin.kind} ${origin.source}`;
    case 'password_file':
      return `password file ${origin.source}`;
  }
}
