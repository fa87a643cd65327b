/** How an alert stands: whether it goes on, how often it came, who has it. */
import { STATE_WORDS, type Alert } from './alert';

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
  const owner = alert.acknowledgedByName ? ` by ${alert.acknowledgedByName}` : '';
  return [
    alert.state === 'ACKNOWLEDGED' ? `Acknowledged${owner}` : STATE_WORDS[alert.state],
    alert.active ? 'going on now' : 'condition over',
    ...(alert.occurrences > 1 ? [`${alert.occurrences} times`] : []),
  ];
}
