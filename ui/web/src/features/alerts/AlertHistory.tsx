/** What happened to an alert, and who did it. */
import { t } from '@/shared/language/language';
import { Exact } from '@/shared/time/Ago';
import type { HistoryItem } from './alert';

const HISTORY_WORDS: Record<string, string> = {
  opened: 'Raised',
  escalated: 'Grew worse',
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
};

export function AlertHistory({ history }: { history: readonly HistoryItem[] }) {
  if (history.length === 0) return <p className="text-muted">{t('Nothing was done with this alert so far.')}</p>;
  return (
    <ol className="flex flex-col gap-3 border-s-2 border-line ps-4">
      {history.map((item) => (
        <li key={`${item.at} ${item.action}`}>
          <p className="font-medium">{t(deedInWords(item))}</p>
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
function deedInWords({ action, actor }: HistoryItem): string {
  const verb = action.split('.').at(-1) ?? action;
  if (verb === 'reopened' && !isSystem(actor)) return 'Reopened';
  return HISTORY_WORDS[verb] ?? verb.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase());
}

function actorInWords({ actor, actorName }: HistoryItem): string {
  if (actorName) return actorName;
  return isSystem(actor) ? 'FleetGuard' : t('A former user');
}

function isSystem(actor: string): boolean {
  return actor.startsWith('system:');
}
