/** The fleet as a table: search, sort, who needs attention. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useDeferredValue, useMemo, useState } from 'react';
import { Button, ToggleButton } from 'react-aria-components';
import type { Vehicle } from '@/api';
import { SearchBox } from '@/shared/controls/SearchBox';
import { counted, t } from '@/shared/language/language';
import { Failed, Nothing, Waiting } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';
import { VehicleTable } from './VehicleTable';
import { vehiclesQuery } from './vehicles.queries';
import { arranged, type SortKey, type VehicleView } from './vehicleView';

const route = getRouteApi('/desk/vehicles');
const BATCH = 100;
const FleetMap = lazy(() => import('./map/FleetMap'));

export function VehiclesPage() {
  const view = route.useSearch();
  const navigate = route.useNavigate();
  const fleet = useQuery(vehiclesQuery);
  const show = (next: VehicleView) => void navigate({ search: next, replace: true });
  return (
    <Page title={t('Vehicles')}>
      <div className="mb-4 flex flex-wrap items-end gap-3">
        <div className="w-full max-w-sm">
          <SearchBox
            label={t('Search the vehicles')}
            placeholder={t('Id, class or model')}
            value={view.q ?? ''}
            onChange={(q) => show({ ...view, q: q || undefined })}
          />
        </div>
        <ToggleButton
          className="button"
          isSelected={view.as === 'map'}
          onChange={(map) => show({ ...view, as: map ? 'map' : undefined })}
        >
          {view.as === 'map' ? t('Show as a list') : t('Show on a map')}
        </ToggleButton>
      </div>
      {fleet.isPending && <Waiting what={t('the vehicles')} />}
      {fleet.isError && !fleet.data && (
        <Failed what={t('the vehicles')} error={fleet.error} onRetry={() => void fleet.refetch()} />
      )}
      {fleet.data && <Fleet fleet={fleet.data} view={view} onSort={(sort) => show(sorted(view, sort))} />}
    </Page>
  );
}

/** The first press sorts upwards, except for alerts, where the worst come first; the next press turns it round. */
function sorted(view: VehicleView, sort: SortKey): VehicleView {
  const first = sort === 'alerts';
  const falling = (view.sort ?? 'alerts') === sort ? !(view.sort ? view.falling : true) : first;
  return { ...view, sort, falling: falling || undefined };
}

interface FleetProps {
  fleet: readonly Vehicle[];
  view: VehicleView;
  onSort: (sort: SortKey) => void;
}

function Fleet({ fleet, view, onSort }: FleetProps) {
  const [limit, setLimit] = useState(BATCH);
  const onMap = view.as === 'map';
  const asked = useDeferredValue(view);
  const vehicles = useMemo(() => arranged(fleet, asked), [fleet, asked]);
  if (fleet.length === 0)
    return <Nothing title={t('No vehicles yet')}>{t('A vehicle appears here with its first reading.')}</Nothing>;
  return (
    <>
      <p role="status" className="figures mb-2 text-sm text-muted">
        {vehicles.length === fleet.length
          ? counted(fleet.length, '{count} vehicle', '{count} vehicles')
          : t('{found} of {count} vehicles', { found: vehicles.length, count: fleet.length })}
      </p>
      {vehicles.length === 0 && <Nothing title={t('No vehicle matches this search')} />}
      {vehicles.length > 0 && onMap && (
        <Suspense fallback={<Waiting what={t('the map')} />}>
          <FleetMap fleet={vehicles} />
        </Suspense>
      )}
      {vehicles.length > 0 && !onMap && <VehicleTable vehicles={vehicles.slice(0, limit)} view={view} onSort={onSort} />}
      {vehicles.length > limit && !onMap && (
        <div className="mt-4 flex justify-center">
          <Button className="button" onPress={() => setLimit(limit + BATCH)}>
            {t('Show {count} more vehicles', { count: Math.min(BATCH, vehicles.length - limit) })}
          </Button>
        </div>
      )}
    </>
  );
}
