/** The vehicle's alerts, live, in the same list as on the desk. */
import { useMemo } from 'react';
import { LiveAlerts } from '@/features/alerts/LiveAlerts';

export function VehicleAlerts({ vehicleId }: { vehicleId: string }) {
  const filter = useMemo(() => ({ vehicle: vehicleId }), [vehicleId]);
  return <LiveAlerts filter={filter} paused={false} showVehicle={false} />;
}
