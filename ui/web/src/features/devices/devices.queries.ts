/** Credentials of the vehicles' devices on the server. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { issueDevice, listDevices, revokeDevice, rotateDevice, type Device, type DeviceSecret, type NewDevice } from '@/api';
import { everyItem } from '@/shared/everyItem';
import { answer } from '@/shared/problem';

export type { Device, DeviceSecret, NewDevice };

const PAGE = 500;

/** Of the whole fleet, page after page: the page searches all of it. */
export const devicesQuery = queryOptions({
  queryKey: ['devices'],
  queryFn: ({ signal }) => everyItem((cursor) => answer(listDevices({ signal, query: { limit: PAGE, cursor } }))),
  staleTime: 60_000,
});

export type DeviceDeed = { kind: 'issue'; device: NewDevice } | { kind: 'rotate' | 'revoke'; vehicleId: string };

export function useDeviceDeed() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (deed: DeviceDeed): Promise<DeviceSecret | undefined> => {
      if (deed.kind === 'issue') return answer(issueDevice({ body: deed.device }));
      const path = { vehicleId: deed.vehicleId };
      if (deed.kind === 'rotate') return answer(rotateDevice({ path }));
      await answer(revokeDevice({ path }));
      return undefined;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: devicesQuery.queryKey }),
  });
}
