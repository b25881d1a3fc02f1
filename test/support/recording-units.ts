/** A service manager that has no units, does all it is asked, and notes it. */
import type { UnitManager, UnitStates } from '../../src/ports/unit-manager.js';

export function recordingUnits(asked: string[]): UnitManager {
  const done = (what: string) => (): Promise<{ kind: 'done' }> => {
    asked.push(what);
    return Promise.resolve({ kind: 'done' });
  };
  const describe = async (): Promise<UnitStates> => {
    asked.push('describe');
    return new Map();
  };
  return {
    describe,
    restart: done('restart'),
    resetFailed: done('resetFailed'),
    follow: () => undefined,
    isHearing: false,
  };
}
