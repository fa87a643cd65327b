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
};

export function AlertHistory({ history }: { history: readonly HistoryItem[] }) {
  if (history.length === 0) return <p className="text-muted">{t('Nothing was done with this alert so far.')}</p>;
  return (
    <ol className="flex flex-col gap-3 border-l-2 border-line pl-4">
      {history.map((item) => (
        <li key={`${item.at} ${item.action}`}>
          <p className="font-medium">{t(deedInWords(item.action))}</p>
          <p className="text-sm text-muted">
            {actorInWords(item)}, <Exact at={item.at} />
          </p>
          {item.note && <p className="mt-1 text-sm wrap-anywhere whitespace-pre-line">{item.note}</p>}
        </li>
      ))}
    </ol>
  );
}

/** "alert.acknowledged" reads "Acknowledged". */
function deedInWords(action: string): string {
  const verb = action.split('.').at(-1) ?? action;
  return HISTORY_WORDS[verb] ?? verb.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase());
}

function actorInWords({ actor, actorName }: HistoryItem): string {
  if (actorName) return actorName;
  return actor.startsWith('system:') ? 'FleetGuard' : t('A former user');
}
