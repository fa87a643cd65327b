/** How an alert stands: whether it goes on, how often it came, who has it. */
import { REASON_WORDS, STATE_WORDS, type Alert } from './alert';

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
    ...(alert.verdict === 'CONFIRMED' ? ['confirmed as right'] : []),
    alert.active ? 'going on now' : 'condition over',
    ...(alert.occurrences > 1 ? [`${alert.occurrences} times`] : []),
  ];
}

function standing(alert: Alert): string {
  if (alert.state === 'ACKNOWLEDGED' && alert.acknowledgedByName) return `Acknowledged by ${alert.acknowledgedByName}`;
  if (alert.state === 'IN_PROGRESS' && alert.assignedToName) return `In progress with ${alert.assignedToName}`;
  if (alert.state === 'DISMISSED' && alert.dismissalReason)
    return `Dismissed: ${REASON_WORDS[alert.dismissalReason].toLowerCase()}`;
  return STATE_WORDS[alert.state];
}
