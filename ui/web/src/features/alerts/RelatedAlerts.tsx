/** What else happened to the same vehicle and the same driver around an alert. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { t } from '@/shared/language/language';
import { Failed } from '@/shared/page/Notice';
import { SeverityBadge } from '@/shared/severity/SeverityBadge';
import { Exact } from '@/shared/time/Ago';
import { nameOf, STATE_WORDS, TYPE_WORDS, type Alert } from './alert';
import { relatedQuery } from './alerts.queries';

export function RelatedAlerts({ alert }: { alert: Alert }) {
  const related = useQuery(relatedQuery(alert));
  if (related.isPending) return <p role="status">{t('Loading related alerts…')}</p>;
  if (related.isError) return <Failed what={t('related alerts')} error={related.error} onRetry={() => void related.refetch()} />;
  if (related.data.length === 0) return <p className="text-muted">{t('Nothing else within a day of this alert.')}</p>;
  return (
    <ul className="divide-y divide-line">
      {related.data.map((other) => (
        <li key={other.id} className="flex flex-wrap items-center gap-x-3 py-1">
          <SeverityBadge severity={other.severity} />
          <Link
            to="/alerts/$alertId"
            params={{ alertId: other.id }}
            aria-label={t('Open alert: {alert}', { alert: nameOf(other) })}
            className="link inline-flex min-h-11 min-w-11 items-center"
          >
            {t(TYPE_WORDS[other.type])}
          </Link>
          <span className="text-sm text-muted">
            {other.vehicleId === alert.vehicleId ? t('same vehicle') : t('same driver, {vehicle}', { vehicle: other.vehicleId })},{' '}
            <Exact at={other.startedAt} />, {t(STATE_WORDS[other.state])}
          </span>
        </li>
      ))}
    </ul>
  );
}
