/** What happened to an alert, and who did it. */
import { RECIPIENT_WORDS } from '@/features/notifications/recipients';
import { inSentence, t } from '@/shared/language/language';
import { Exact } from '@/shared/time/Ago';
import { dayAndMinute } from '@/shared/time/format';
import type { HistoryItem } from './alert';

const HISTORY_WORDS: Record<string, string> = {
  opened: 'Raised',
  escalated: 'Grew worse',
  revised: 'More than was told',
  cleared: 'Condition ended',
  reopened: 'Came again',
  acknowledged: 'Acknowledged',
  assigned: 'Taken on',
  resolved: 'Resolved',
  closed: 'Closed',
  dismissed: 'Dismissed',
  confirmed: 'Confirmed',
  commented: 'Noted',
  undone: 'Last step taken back',
  unsnoozed: 'Snooze ended',
  woken: 'Snooze is over',
};

export function AlertHistory({ history }: { history: readonly HistoryItem[] }) {
  if (history.length === 0) return <p className="text-muted">{t('Nothing was done with this alert so far.')}</p>;
  return (
    <ol className="flex flex-col gap-3 border-s-2 border-line ps-4">
      {history.map((item, place) => (
        <li key={place}>
          <p className="font-medium">{deedInWords(item)}</p>
          <p className="text-sm text-muted">
            {actorInWords(item)}, <Exact at={item.at} />
          </p>
          {item.note && <p className="mt-1 text-sm wrap-anywhere whitespace-pre-line">{item.note}</p>}
        </li>
      ))}
    </ol>
  );
}

/** "alert.acknowledged" reads "Acknowledged". Detection and people can both reopen an alert. */
function deedInWords({ action, actor, detail }: HistoryItem): string {
  const verb = action.split('.').at(-1) ?? action;
  if (verb === 'reopened' && !isSystem(actor)) return t('Reopened');
  if (verb === 'unanswered') return passedOn(String(detail.to), Number(detail.afterMin));
  if (verb === 'snoozed') return t('Snoozed until {time}', { time: dayAndMinute(String(detail.until)) });
  return t(HISTORY_WORDS[verb] ?? verb.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase()));
}

function passedOn(to: string, minutes: number): string {
  const whom = inSentence(t(RECIPIENT_WORDS[to] ?? 'One person of the fleet'));
  return t('Passed on to {whom}: nobody had taken it for {count} min', { whom, count: minutes });
}

function actorInWords({ actor, actorName }: HistoryItem): string {
  if (actorName) return actorName;
  return isSystem(actor) ? 'FleetGuard' : t('A former user');
}

function isSystem(actor: string): boolean {
  return actor.startsWith('system:');
}
