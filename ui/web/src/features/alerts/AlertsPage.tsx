/** The alert desk: filters, the live list, and the work on it. */
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { ToggleButton } from 'react-aria-components';
import { t } from '@/shared/language/language';
import { Page } from '@/shared/page/Page';
import { FiltersPlace } from './FiltersPlace';
import { LiveAlerts } from './LiveAlerts';

const AlertFilters = lazy(() => import('./AlertFilters'));
const route = getRouteApi('/desk/alerts');

export function AlertsPage() {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const [paused, setPaused] = useState(false);
  return (
    <Page
      title={t('Alerts')}
      aside={
        <ToggleButton className="button" isSelected={paused} onChange={setPaused}>
          {paused ? t('Resume live updates') : t('Pause live updates')}
        </ToggleButton>
      }
    >
      <Suspense fallback={<FiltersPlace filter={filter} />}>
        <AlertFilters filter={filter} onChange={(next) => void navigate({ search: next, replace: true })} />
      </Suspense>
      <LiveAlerts key={JSON.stringify(filter)} filter={filter} paused={paused} onTogglePause={() => setPaused(!paused)} />
    </Page>
  );
}
