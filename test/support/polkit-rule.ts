/** Asks a polkit rule as polkit would: the file's text, an action of systemd's with its details, and who asks. */
import { createContext, runInContext } from 'node:vm';

/** What systemd tells polkit of a request; what is left out it does not tell. */
export interface AskedAction {
  readonly id?: string;
  readonly unit?: string;
  readonly verb?: string;
  readonly message?: string;
  readonly user?: string;
}

/** null: the rule leaves it to others. */
export function askRule(text: string, asked: AskedAction): 'yes' | 'no' | null {
  const rules: ((action: unknown, subject: unknown) => 'yes' | 'no' | null)[] = [];
  const polkit = {
    Result: { YES: 'yes', NO: 'no', NOT_HANDLED: null },
    addRule: (rule: (typeof rules)[number]) => void rules.push(rule),
  };
  runInContext(text, createContext({ polkit }));
  const details: Readonly<Record<string, string | undefined>> = {
    unit: asked.unit,
    verb: asked.verb,
    'polkit.message': asked.message ?? 'Authentication is required to restart it.',
  };
  const action = {
    id: asked.id ?? 'org.freedesktop.systemd1.manage-units',
    lookup: (name: string) => details[name],
  };
  for (const rule of rules) {
    const answer = rule(action, { user: asked.user ?? 'process-monitor' });
    if (answer !== null) return answer;
  }
  return null;
}
