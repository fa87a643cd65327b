/** How an alert stands: whether it goes on, how often it came, who has it. */
import { inSentence, t } from '@/shared/language/language';
import { dayAndMinute } from '@/shared/time/format';
import { isAsleep, REASON_WORDS, STATE_WORDS, type Alert } from './alert';

export function StateLine({ alert }: { alert: Alert }) {
  return (
    <p className="flex flex-wrap gap-x-2 text-sm text-muted">
      {facts(alert).map((fact, position) => (
        <span key={fact} className="flex gap-x-2">
          {position > 0 && <span aria-hidden="true">·</span>}
          {fact}
        </span>
      ))}
    </p>
  );
}

function facts(alert: Alert): string[] {
  return [
    standing(alert),
    ...(isAsleep(alert) ? [snooze(alert)] : []),
    ...(alert.verdict === 'CONFIRMED' ? [t('confirmed as right')] : []),
    alert.active ? t('going on now') : t('condition over'),
    ...(alert.occurrences > 1 ? [t('{count} times', { count: alert.occurrences })] : []),
  ];
}

function snooze({ snoozedUntil, snoozedByName }: Alert): string {
  const time = dayAndMinute(snoozedUntil ?? '');
  return snoozedByName ? t('snoozed until {time} by {name}', { time, name: snoozedByName }) : t('snoozed until {time}', { time });
}

function standing(alert: Alert): string {
  if (alert.state === 'ACKNOWLEDGED' && alert.acknowledgedByName)
    return t('Acknowledged by {name}', { name: alert.acknowledgedByName });
  if (alert.state === 'IN_PROGRESS' && alert.assignedToName) return t('In progress with {name}', { name: alert.assignedToName });
  if (alert.state === 'DISMISSED' && alert.dismissalReason)
    return t('Dismissed: {reason}', { reason: inSentence(t(REASON_WORDS[alert.dismissalReason])) });
  return t(STATE_WORDS[alert.state]);
}
