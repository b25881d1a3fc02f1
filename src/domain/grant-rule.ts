/** The polkit rule: which units the monitor's user may have restarted, by exact name, and nothing else. */

/** What systemd calls the actions that may be granted. Never `start`: newer systemds ask for it when a transient unit is made. */
export type UnitVerb = 'restart' | 'reset-failed';

export interface UnitGrant {
  /** Canonical name of a unit. */
  readonly unit: string;
  readonly verbs: readonly UnitVerb[];
}

/** The first words of every file that is ours. */
export const MARKER = 'Written by process-monitor grant';

/** Whether a file's text says that it is ours. */
export function isOurs(text: string): boolean {
  return /^(?:#|\/\/) Written by process-monitor grant\b/.test(text);
}

/**
 * In ECMAScript 5: some builds of polkit know no later one, and pass over a file that they cannot compile. Every unit
 * once, in the order of the alphabet, so that the same rights give the same text.
 */
export function polkitRule(user: string, grants: readonly UnitGrant[]): string {
  const verbsOf = new Map<string, Set<UnitVerb>>();
  for (const { unit, verbs } of grants) verbsOf.set(unit, new Set([...(verbsOf.get(unit) ?? []), ...verbs]));
  const units = [...verbsOf].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = units.map(([unit, verbs]) => `        ${JSON.stringify(unit)}: ${verbTable([...verbs])}`);
  const table = lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n    }`;
  return `// ${MARKER} from its settings: changed by hand, it is written anew.
// The units that the user ${user} may have restarted. No start, no transient unit, no unit but these.
polkit.addRule(function (action, subject) {
    if (action.id !== "org.freedesktop.systemd1.manage-units" || subject.user !== ${JSON.stringify(user)})
        return polkit.Result.NOT_HANDLED;

    var granted = ${table};

    var unit = action.lookup("unit"), verb = action.lookup("verb"), message = action.lookup("polkit.message");
    // Neither is told of a transient unit, which runs any command as root, nor of what concerns all units.
    if (typeof unit !== "string" || typeof verb !== "string")
        return polkit.Result.NO;
    // Newer systemds tell them of a transient unit too.
    if (typeof message === "string" && message.indexOf("transient") !== -1)
        return polkit.Result.NO;

    if (granted.hasOwnProperty(unit) && granted[unit].hasOwnProperty(verb))
        return polkit.Result.YES;
    // Not left to other files, which could only widen it.
    return polkit.Result.NO;
});
`;
}

function verbTable(verbs: readonly UnitVerb[]): string {
  return `{ ${verbs.map((verb) => `${JSON.stringify(verb)}: true`).join(', ')} }`;
}
