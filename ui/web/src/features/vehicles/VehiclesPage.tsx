/** The fleet as a table: search, sort, who needs attention. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Vehicle } from '@/api';
import { SearchBox } from '@/shared/controls/SearchBox';
import { Failed, Nothing, Waiting } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';
import { VehicleTable } from './VehicleTable';
import { vehiclesQuery } from './vehicles.queries';
import { arranged, type SortKey, type VehicleView } from './vehicleView';

const route = getRouteApi('/desk/vehicles');
const BATCH = 100;

export function VehiclesPage() {
  const view = route.useSearch();
  const navigate = route.useNavigate();
  const fleet = useQuery(vehiclesQuery);
  const show = (next: VehicleView) => void navigate({ search: next, replace: true });
  return (
    <Page title="Vehicles">
      <div className="mb-4 max-w-sm">
        <SearchBox
          label="Search the vehicles"
          placeholder="Id, class or model"
          value={view.q ?? ''}
          onChange={(q) => show({ ...view, q: q || undefined })}
        />
      </div>
      {fleet.isPending && <Waiting what="the vehicles" />}
      {fleet.isError && !fleet.data && <Failed what="the vehicles" error={fleet.error} onRetry={() => void fleet.refetch()} />}
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
  const asked = useDeferredValue(view);
  const vehicles = useMemo(() => arranged(fleet, asked), [fleet, asked]);
  if (fleet.length === 0) return <Nothing title="No vehicles yet">A vehicle appears here with its first reading.</Nothing>;
  return (
    <>
      <p role="status" className="figures mb-2 text-sm text-muted">
        {vehicles.length === fleet.length ? `${fleet.length} vehicles` : `${vehicles.length} of ${fleet.length} vehicles`}
      </p>
      {vehicles.length > 0 ? (
        <VehicleTable vehicles={vehicles.slice(0, limit)} view={view} onSort={onSort} />
      ) : (
        <Nothing title="No vehicle matches this search" />
      )}
      {vehicles.length > limit && (
        <div className="mt-4 flex justify-center">
          <Button className="button" onPress={() => setLimit(limit + BATCH)}>
            Show {Math.min(BATCH, vehicles.length - limit)} more vehicles
          </Button>
        </div>
      )}
    </>
  );
}
