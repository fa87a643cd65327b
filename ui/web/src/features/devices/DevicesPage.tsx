/** Which vehicles' devices can sign in at the broker; credentials are issued, rotated and revoked here. */
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { Button } from 'react-aria-components';
import { SearchBox } from '@/shared/controls/SearchBox';
import { counted, t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { Nothing } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';
import { Exact } from '@/shared/time/Ago';
import { Table } from '@/shared/page/Table';
import { DeviceDialog } from './DeviceDialog';
import { devicesQuery, type Device } from './devices.queries';
import { NewDeviceDialog } from './NewDeviceDialog';

const SHOWN = 200;

export function DevicesPage() {
  const devices = useQuery(devicesQuery);
  const [asked, setAsked] = useState<'new' | Device>();
  const close = () => setAsked(undefined);
  return (
    <Page
      title={t('Devices')}
      crumbs={[{ label: t('Settings'), to: '/settings' }]}
      aside={
        <Button className="button" data-primary onPress={() => setAsked('new')}>
          {t('Add a vehicle')}
        </Button>
      }
    >
      <p className="mb-4 max-w-prose text-muted">
        {t('Each vehicle has a device with a credential of its own. A revoked one is cut off within a minute.')}
      </p>
      <Loaded query={devices} what={t('the devices')}>
        {(all) => <Devices devices={all} onManage={setAsked} />}
      </Loaded>
      {asked === 'new' && <NewDeviceDialog onClose={close} />}
      {asked && asked !== 'new' && <DeviceDialog device={asked} onClose={close} />}
    </Page>
  );
}

function Devices({ devices, onManage }: { devices: readonly Device[]; onManage: (device: Device) => void }) {
  const [typed, setTyped] = useState('');
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const found = devices.filter(({ vehicleId }) => vehicleId.toLowerCase().includes(wanted));
  if (devices.length === 0) return <Nothing title={t('No vehicles yet')}>{t('Add the first one.')}</Nothing>;
  return (
    <>
      <div className="mb-3 max-w-sm">
        <SearchBox label={t('Search the devices')} placeholder={t('Vehicle id')} value={typed} onChange={setTyped} />
      </div>
      <p role="status" className="figures mb-2 text-sm text-muted">
        {counted(found.length, '{count} device', '{count} devices')}
        {found.length > SHOWN && `. ${t('The first {shown} are shown: search for the others.', { shown: SHOWN })}`}
      </p>
      {found.length > 0 ? (
        <DeviceTable devices={found.slice(0, SHOWN)} onManage={onManage} />
      ) : (
        <Nothing title={t('No device matches this search')} />
      )}
    </>
  );
}

function DeviceTable({ devices, onManage }: { devices: readonly Device[]; onManage: (device: Device) => void }) {
  return (
    <div className="card overflow-hidden">
      <Table
        caption={t('Devices by vehicle')}
        columns={[
          { label: t('Vehicle') },
          { label: t('Credential'), className: 'max-sm:hidden' },
          { label: t('Manage'), isSilent: true },
        ]}
      >
        {devices.map((device) => (
          <tr key={device.vehicleId} className="hover:bg-hover">
            <th scope="row" className="px-3 py-2 font-semibold wrap-anywhere sm:px-4">
              {device.vehicleId}
              <span className="block text-sm font-normal sm:hidden">
                <Credential device={device} />
              </span>
            </th>
            <td className="px-3 py-2 text-sm max-sm:hidden">
              <Credential device={device} />
            </td>
            <td className="px-3 py-2 text-end">
              <Button
                className="button"
                aria-label={t('Manage {vehicle}', { vehicle: device.vehicleId })}
                onPress={() => onManage(device)}
              >
                {t('Manage')}
              </Button>
            </td>
          </tr>
        ))}
      </Table>
    </div>
  );
}

function Credential({ device: { issuedAt, oldUntil } }: { device: Device }) {
  return (
    <>
      {issuedAt === null ? (
        <span className="text-muted">{t('None: it cannot sign in')}</span>
      ) : (
        <>
          {t('Since')} <Exact at={issuedAt} />
        </>
      )}
      {oldUntil !== null && (
        <span className="block text-muted">
          {t('The one before it holds until')} <Exact at={oldUntil} />
        </span>
      )}
    </>
  );
}
