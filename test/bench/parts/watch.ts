/** A unit fails and nobody raises its alarm: how soon the monitor has, where `watch_units` is on. */
import { figure, pause } from '../figures.js';
import type { PartReport } from '../report.js';
import { startDaemon, stopDaemon, UNTIL_IT_ACTS_MS, type Rig } from '../rig.js';
import { endOf, restOf, statementsDuring, type LoggedStatement } from '../statements.js';
import { unitMoment } from '../unit-moment.js';

const TIMEOUT_MS = 30_000;
/** Until then its alarm is in the table for certain. */
const UNTIL_RAISED_MS = 1000;
/** Before that V8 is still compiling. */
const WARM_UP = 3;

const sets = (alarm: 0 | 1): ((statement: LoggedStatement) => boolean) => {
  const pattern = new RegExp(`^\\s*UPDATE\\b[^]*\\bSET\\s(?:(?!\\bWHERE\\b)[^])*\\balarma\\s*=\\s*${alarm}\\b`, 'i');
  return ({ text, changed }) => changed > 0 && pattern.test(text);
};
const isRaise = sets(1);
const isReset = sets(0);
/** Asked once it is known that the unit has failed. */
const isQuestion = ({ text }: LoggedStatement): boolean => /^\s*SELECT\b[^]*\bprocess_name IN\b/i.test(text);

/** Milliseconds from the moment in which systemd took the unit for failed. */
interface Course {
  readonly toQuestionMs: number;
  readonly toAlarmMs: number;
  readonly toResetMs: number;
}

export async function watch(rig: Rig): Promise<PartReport> {
  await startDaemon(rig, { monitor: 'watch_units = yes' });
  await pause(UNTIL_IT_ACTS_MS);
  const courses: Course[] = [];
  const rounds = rig.quick ? 7 : 15;
  for (let round = 0; round < WARM_UP + rounds; round += 1) {
    await restOf(round);
    const course = await failureOf(rig, 1 + (round % 400));
    if (round >= WARM_UP) courses.push(course);
  }
  await stopDaemon(rig);
  const all = (of: (course: Course) => number): readonly number[] => courses.map(of);
  return {
    name: 'watch',
    figures: [
      figure(
        ['watch.question', 'to the question whether its row is in alarm'],
        'ms',
        all((one) => one.toQuestionMs),
      ),
      figure(
        ['watch.alarm', 'to the alarm in the table'],
        'ms',
        all((one) => one.toAlarmMs),
      ),
      figure(
        ['watch.reset', 'to the reset, the unit restarted and proved well'],
        'ms',
        all((one) => one.toResetMs),
      ),
    ],
    notes: [],
  };
}

async function failureOf({ host, drivers }: Rig, id: number): Promise<Course> {
  const unit = `bench-${id}.service`;
  const statements = await statementsDuring(host, 'monitor', async () => {
    await host.machine.must(`systemctl kill --signal=KILL --kill-whom=main ${unit}`);
    await pause(UNTIL_RAISED_MS);
    await drivers.root.ask({ way: 'wait', database: 'monitor', timeoutMs: TIMEOUT_MS });
  });
  const failedMs = await unitMoment(host.machine, unit, 'InactiveEnterTimestamp');
  const [question, raise, reset] = [isQuestion, isRaise, isReset].map((kind) => statements.find(kind));
  if (question === undefined || raise === undefined || reset === undefined)
    throw new Error(`${unit}: no alarm was raised and reset in ${statements.length} statements`);
  const after = (ms: number): number => ms - failedMs;
  return { toQuestionMs: after(question.beganMs), toAlarmMs: after(endOf(raise)), toResetMs: after(endOf(reset)) };
}
