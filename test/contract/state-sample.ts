/** A state to be stored, with every kind of entry in it. */
import { STATE_VERSION, type StoredState } from '../../src/domain/stored-state.js';

/** A state with every kind of entry in it; `failures` tells two of them apart. */
export function sampleState(failures = 0): StoredState {
  const before = {
    unit: { id: 'app.service', invocationId: '9f'.repeat(16) },
    processes: [{ pid: 4711, startTicks: 123_456, bootId: 'b0071d00-0000-4000-8000-000000000000' }],
  };
  const idle = { restartsAtMs: [], inFlight: null, owed: null, watch: null, handledAtMs: null, refusal: null };
  return {
    version: STATE_VERSION,
    savedAtMs: 1_767_225_600_000,
    processes: {
      '42': {
        processName: 'sshd',
        breaker: { kind: 'closed', failures },
        restartsAtMs: [1_767_225_000_000, 1_767_225_100_000],
        inFlight: {
          alarmId: '0123456789ab',
          startedAtMs: 1_767_225_100_000,
          deadlineAtMs: 1_767_225_200_000,
          attempt: 1,
          step: 'unit',
          stepEnded: 'well',
          askedBy: 'person',
          before,
          claim: 'pm:01234567',
        },
        owed: {
          kind: 'clear',
          stamp: 'Restarted at …',
          sinceMs: 1_767_225_150_000,
          alarmId: '0123456789ab',
          claim: null,
        },
        watch: { untilMs: 1_767_225_700_000, alarmId: '0123456789ab', after: { unit: null, processes: [] } },
        handledAtMs: 1_767_225_180_000,
        refusal: { untilMs: 1_767_225_900_000, detail: 'no right to restart "ș"\n' },
      },
      '7:43': { ...idle, processName: '', breaker: { kind: 'open', untilMs: 1_767_229_000_000, openings: 2 } },
      '44': { ...idle, processName: 'a b', breaker: { kind: 'half_open', openings: 1 } },
      '45': { ...idle, processName: '__proto__', breaker: { kind: 'isolated' } },
    },
    hostRestartsAtMs: [1_767_225_000_000],
  };
}
