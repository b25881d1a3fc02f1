/** Why a row is left alone, in Romanian; details that the system gives stay in its language. */
import { assertNever } from '../domain/outcome.js';
import { durationText } from '../domain/time-text.js';
import type { SkipReason } from '../domain/verdict.js';

/** A short clause without a full stop. */
export function romanianReason(reason: SkipReason): string {
  switch (reason.code) {
    case 'invalid_name':
      return `rândul nu poate fi folosit: ${reason.detail}`;
    case 'orphan':
      return 'rândului nu îi corespunde niciun proces';
    case 'protected':
      return `protejat: ${reason.detail}`;
    case 'unlisted':
      return 'nu are secțiune în configurație';
    case 'disabled':
      return 'dezactivat în configurație';
    case 'dry_run':
      return `simulare, ar face: ${reason.would}`;
    case 'cannot_act':
      return `o încercare ar fi refuzată: ${reason.detail}`;
    case 'in_progress':
      return 'repornirea lui este în curs';
    case 'waits_for_slot':
      return 'așteaptă un loc liber';
    case 'owes_write_back':
      return 'deja tratat, scrierea în baza de date este încă datorată';
    case 'recently_recovered':
      return 'și-a revenit deja, sursa nu a șters încă alarma';
    case 'mass_alarm':
      return `oprit de frâna de alarmă în masă: ${reason.alarmed} din ${reason.known} procese sunt în alarmă`;
    case 'just_sighted':
      return 'baza de date abia a revenit sau rândurile abia au ajuns la noi, încă o privire înainte de a acționa';
    case 'odd_time':
      return 'ceasul sau mașina a sărit, încă o privire înainte de a acționa';
    case 'isolated':
      return 'siguranța este ținută deschisă de un operator';
    case 'breaker_open':
    case 'budget_used_up':
    case 'refused':
    case 'startup_grace':
      return waitText(reason);
    default:
      return assertNever(reason);
  }
}

function waitText(reason: Extract<SkipReason, { readonly retryInMs: number }>): string {
  const wait = durationText(reason.retryInMs);
  switch (reason.code) {
    case 'breaker_open':
      return `siguranța este deschisă, următoarea probă în ${wait}`;
    case 'budget_used_up':
      return `s-au consumat repornirile permise ${reason.scope === 'host' ? 'sistemului' : 'procesului'}, următoarea în ${wait}`;
    case 'refused':
      return `reținut, următoarea încercare în ${wait}: ${reason.detail}`;
    case 'startup_grace':
      return `mașina abia a pornit, prima repornire în ${wait}`;
    default:
      return assertNever(reason);
  }
}
