/** The commands' texts in Romanian; those that the predecessor had are kept as they were. */
import { durationText, localTimeText } from '../domain/time-text.js';
import { romanianFinding } from './finding-words-ro.js';
import { romanianReason } from './reason-ro.js';
import type { Texts } from './texts-en.js';

/** `1 proces`, `5 procese`, `20 de procese`: from 20 on Romanian counts with `de`, again in each hundred. */
export function counted(count: number, one: string, many: string): string {
  if (count === 1) return one;
  const rest = count % 100;
  return rest >= 20 || (rest === 0 && count > 0) ? `${count} de ${many}` : `${count} ${many}`;
}

const processes = (count: number): string => counted(count, 'un proces', 'procese');

export const ROMANIAN: Texts = {
  error: (detail) => `eroare: ${detail}`,
  reason: romanianReason,
  none: 'nimic',
  unknownProcess: (name) => `proces necunoscut: ${name}`,
  countdown: (seconds) => `Următoarea verificare a bazei de date în ${counted(seconds, 'o secundă', 'secunde')}`,

  configFine: (file, count) =>
    `${file}: configurația este validă, ${counted(count, 'un proces are secțiune', 'procese au secțiune')}`,
  configWrong: (file, count) => `${file}: ${counted(count, 'o greșeală', 'greșeli')}, nu poate fi folosită`,
  notice: 'notă',
  severity: { fine: 'ok', warning: 'atenție', problem: 'PROBLEMĂ' },
  findingSeverity: { fine: 'bine', warning: 'atenție', problem: 'PROBLEMĂ', skipped: 'sărit' },
  findingText: romanianFinding,
  mend: (command) => `se repară cu: ${command}`,
  doctorFine: (fine, warnings) =>
    `${counted(fine, 'un lucru bun', 'lucruri bune')}, ${counted(warnings, 'o atenționare', 'atenționări')}, nimic care să nu poată merge`,
  doctorBad: (problems, warnings) =>
    `${counted(problems, 'o problemă', 'probleme')}, ${counted(warnings, 'o atenționare', 'atenționări')}`,
  doctorNotRoot: 'numai root vede totul: pentru rest rulați cu sudo',
  hostFine: 'tot ce numește configurația există',
  hostProblems: (count) => `${counted(count, 'un lucru nu poate', 'lucruri nu pot')} funcționa așa cum este`,

  alarmsHeading: 'Procese în stare de alarmă (alarma=1, sound=0):',
  acknowledgedHeading: 'Bifate (alarma=1, sound=1), lăsate în grija operatorului:',
  alarmLine: (id, name, notes) => `ID: ${id} | Nume: ${name} | Notes: ${notes}`,
  restartedNext: (would) => `va fi repornit la următorul ciclu: ${would}`,
  leftAlone: (reason) => `lăsat în pace: ${reason}`,
  monitorRuns: (pid) => `Monitor: pornit (pid ${pid})`,
  monitorBlind: (sinceMs) => `Monitor: orb din ${localTimeText(sinceMs)}, baza lui de date nu răspunde`,
  monitorStopped: 'Monitor: oprit',
  monitorUnknown: (detail) => `Monitor: pornit, dar nu răspunde: ${detail}`,
  databaseSilent: (detail) => `Baza de date: nu răspunde, nu se știe cine este în alarmă: ${detail}`,
  memoryNone: 'Memorie: goală',
  memoryDamaged: (detail) => `Memorie: nu poate fi citită: ${detail}`,
  rememberedHeading: (savedAtMs) => `Reținute (la ${localTimeText(savedAtMs)}):`,
  columnId: 'ID',
  columnName: 'NUME',
  columnBreaker: 'SIGURANȚĂ',
  columnRestarts: 'REPORNIRI',
  columnNow: 'ACUM',

  breakerClosed: 'închisă',
  breakerFailures: (count) => `închisă, ${counted(count, 'un eșec', 'eșecuri')} la rând`,
  breakerOpen: (retryInMs) => `deschisă, următoarea probă în ${durationText(retryInMs)}`,
  breakerHalfOpen: 'întredeschisă, următoarea repornire este o probă',
  breakerIsolated: 'ținută deschisă de un operator',
  budget: (used, limit, windowMs) => `${used} din ${limit === 0 ? 'oricâte' : limit} în ${durationText(windowMs)}`,
  budgetWait: (waitMs) => `următoarea în ${durationText(waitMs)}`,
  inFlight: (sinceMs, attempt) => `se repornește de ${durationText(sinceMs)}, încercarea ${attempt}`,
  owesClear: (sinceMs) => `ștergerea alarmei este datorată de ${durationText(sinceMs)}`,
  owesRaise: (sinceMs) => `ridicarea alarmei este datorată de ${durationText(sinceMs)}`,
  watched: (leftMs) => `și-a revenit, urmărit încă ${durationText(leftMs)}`,
  handled: (sinceMs) => `și-a revenit acum ${durationText(sinceMs)}, sursa nu a șters încă alarma`,
  refused: (detail, retryInMs) => `reținut, următoarea încercare în ${durationText(retryInMs)}: ${detail}`,
  breakersQuiet: 'toate siguranțele sunt închise',

  forcing: (name) => `Forțez restart pentru procesul: ${name}`,
  throughMonitor: 'prin monitorul pornit',
  restartGood: (name) => `Restart reușit pentru ${name}.`,
  restartBad: (name) => `Eroare la restart pentru ${name}.`,
  reloaded: 'Configurația a fost reîncărcată.',
  notReloaded: 'configurația nu a fost reîncărcată, cea veche rămâne în vigoare',

  policyOwn: (section) => `Politică: secțiunea [${section}]`,
  policyDefault: 'Politică: [process.default], nu are o secțiune proprie',
  policyNone: 'Politică: niciuna, nicio secțiune nu îl privește: este arătat și lăsat în pace',
  setHeading: 'Stabilit în configurație (restul are valoarea implicită):',
  wayHeading: 'Cum:',
  attempts: (most, delayMs, strategy) =>
    `strategia ${strategy}, cel mult ${counted(most, 'o încercare', 'încercări')}, la ${durationText(delayMs)} una de alta`,
  unitWatched: 'o cădere a unității îi ridică alarma pe loc (watch_units)',
  unitUnwatched: 'alarma îi este ridicată numai de alții (watch_units nu este în vigoare pentru el)',
  proof: (checks, withinMs) =>
    `dovada: starea unității sau a programului, unde există${checks === '' ? '' : `, apoi ${checks}`}, în ${durationText(withinMs)}`,
  countersHeading: 'Contoare:',
  process: (id) => `process_id ${id}`,
  breaker: (state) => `siguranța: ${state}`,
  breakerRule: (failures, stableMs) =>
    `se deschide după ${counted(failures, 'o tratare eșuată', 'tratări eșuate')} la rând; revine la 0 după ce procesul este bine timp de ${durationText(stableMs)}`,
  breakerWait: (firstMs, longestMs) =>
    `deschisă întâi ${durationText(firstMs)}, mai mult după fiecare probă eșuată, cel mult ${durationText(longestMs)}`,
  restarts: (budget) => `reporniri: ${budget}; fiecare este uitată când trece intervalul`,
  hostRestarts: (budget) => `reporniri pe tot sistemul: ${budget}`,
  now: (state) => `acum: ${state}`,
  nothingRemembered: 'nimic numărat: siguranța închisă, nicio repornire în interval',
  nextHeading: 'La următoarea alarmă:',
  wouldRestart: (would) => `ar fi repornit: ${would}`,
  wouldSkip: (reason) => `ar fi lăsat în pace: ${reason}`,

  unitFound: (id, aliases, state) => `Unitate: ${id}${aliases === '' ? '' : ` (și ${aliases})`}, ${state}`,
  unitNone: (name) => `Unitate: niciuna cu numele ${name}`,
  planAct: (how) => `O încercare acum ar face: ${how}`,
  planRefuse: (detail) => `O încercare acum ar fi refuzată: ${detail}`,
  programsHeading: 'Programe:',
  programsNone: (name) => `Programe: niciunul pornit nu se numește ${name} și nici nu seamănă`,
  columnPid: 'PID',
  columnUid: 'UID',
  columnUnit: 'UNITATE',
  columnMeant: 'VIZAT',
  columnCommand: 'COMANDĂ',
  meant: 'da',
  notMeant: (why) => `nu: ${why}`,

  granted: 'permis',
  grantRefused: 'REFUZAT',
  grantChange: {
    write: { written: (path) => `scris: ${path}`, removed: (path) => `șters: ${path}` },
    remove: { written: (path) => `scris: ${path}`, removed: (path) => `șters: ${path}` },
    dry_run: { written: (path) => `ar fi scris: ${path}`, removed: (path) => `ar fi șters: ${path}` },
    check: {
      written: (path) => `altfel decât cere configurația: ${path}`,
      removed: (path) => `configurația nu îl mai cere: ${path}`,
    },
  },
  grantInStep: {
    write: 'toate fișierele erau deja așa cum trebuie',
    dry_run: 'toate fișierele sunt deja așa cum trebuie',
    check: 'fișierele corespund configurației',
    remove: 'nu era nimic de șters',
  },
  grantRestart:
    'ce s-a schimbat în unitatea monitorului contează de la următoarea pornire: systemctl restart process-monitor',

  migrateNotNeeded: 'baza de date într-un fișier nu are nevoie de migrare',
  migrateAlready: 'există deja:',
  migrateGrants: 'drepturile minime ale contului monitorului; acordați-le unde lipsesc:',
  migrateDone: {
    migrate: 'gata: un monitor pornit observă într-un minut',
    revert: 'șters: un monitor pornit observă într-un minut',
  },
  migrateVisible:
    'atenție: acest server nu poate ascunde coloana alarm_seq: inserările în STATUS_PROCESS fără numele coloanelor vor eșua',
  migrateRefused: {
    view: 'STATUS_PROCESS este un view: rulați în baza de date în care se află tabelul lui',
    cannot_hide:
      'acest server nu poate ascunde o coloană: inserările în STATUS_PROCESS fără numele coloanelor ar eșua. Unde nu există astfel de inserări, repetați cu --visible',
    no_account:
      'declanșatoarele au nevoie de un cont propriu, care rămâne după cel ce le creează, iar acest utilizator nu poate crea conturi: repetați cu --user root, sau dați rezultatul lui --print cuiva care poate',
    no_trigger:
      'acest utilizator nu poate crea declanșatoare pentru alt cont (SET USER în MariaDB, SET_ANY_DEFINER în MySQL): repetați cu --user root, sau dați rezultatul lui --print cuiva care poate',
    binary_log:
      'serverul scrie un jurnal binar și nu acceptă declanșatoare de la oricine: SET GLOBAL log_bin_trust_function_creators = 1, apoi repetați',
    no_rights:
      'acest utilizator nu are destule drepturi: repetați cu --user root, sau dați rezultatul lui --print cuiva care poate',
  },

  columnState: 'STARE',
  columnNotes: 'NOTE',
  state: { normal: 'normal', alarmed: 'în alarmă', acknowledged: 'în alarmă, bifat' },
  noProcesses: 'acest sistem nu are niciun proces în baza de date',
  changed: {
    raise: (count) => `${processes(count)} în alarmă`,
    clear: (count) => counted(count, 'o alarmă ștearsă', 'alarme șterse'),
    acknowledge: (count) => counted(count, 'o alarmă bifată', 'alarme bifate'),
  },
  confirm: {
    raise: (count) => `Pun în alarmă ${processes(count)} de pe acest sistem? [d/N] `,
    clear: (count) => `Șterg alarmele pentru ${processes(count)} de pe acest sistem? [d/N] `,
    acknowledge: (count) => `Bifez alarmele pentru ${processes(count)} de pe acest sistem? [d/N] `,
  },
  yes: /^(?:da?|y(?:es)?)$/i,
  notConfirmed: 'nu s-a schimbat nimic',
  needsYes: 'fără terminal, --all cere --yes',
  needsTerminal: 'meniul cere un terminal; vezi process-monitor alarm --help',
  randomRound: (names, pauseMs) => `în alarmă: ${names}; următoarea în ${durationText(pauseMs)}`,
  randomFull: 'toate procesele sunt deja în alarmă',
  menuTitle: 'Test alarme',
  menu: [
    'Afișează toate serviciile',
    'Setează un serviciu specific în alarmă',
    'Setează toate serviciile în alarmă',
    'Resetează toate alarmele',
    'Mod aleator (Ctrl-C îl oprește)',
    'Ieșire',
    'Bifează o alarmă',
  ],
  menuChoice: 'Alegere: ',
  menuName: 'Nume sau id: ',
  menuUnknown: 'nu există această opțiune',
};
