/** Enters a vehicle and issues its device's first credential. */
import { useState, type SyntheticEvent } from 'react';
import { Button, Form } from 'react-aria-components';
import { Choice } from '@/shared/controls/Choice';
import { FormField } from '@/shared/controls/FormField';
import { Overlay } from '@/shared/controls/Overlay';
import { t } from '@/shared/language/language';
import { inWords } from '@/shared/problem';
import { useDeviceDeed, type NewDevice } from './devices.queries';
import { DeviceSecretShown } from './DeviceSecretShown';

type VehicleClass = NonNullable<NewDevice['vehicleClass']>;

export function NewDeviceDialog({ onClose }: { onClose: () => void }) {
  const [vehicleClass, setVehicleClass] = useState<VehicleClass>('truck');
  const deed = useDeviceDeed();
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const vehicleId = String(new FormData(event.currentTarget).get('vehicle')).trim();
    deed.mutate({ kind: 'issue', device: { vehicleId, vehicleClass } });
  };
  return (
    <Overlay title={deed.data ? deed.data.vehicleId : t('Add a vehicle')} onClose={onClose}>
      {deed.data ? (
        <DeviceSecretShown secret={deed.data} onClose={onClose} />
      ) : (
        <Form onSubmit={submit} className="mt-4 flex flex-col gap-4">
          <FormField name="vehicle" label={t('Vehicle id')} most={64} help={t('Letters, digits, - and _.')} />
          <Choice
            label={t('Class')}
            options={[
              { key: 'truck', label: t('Truck') },
              { key: 'van', label: t('Van') },
              { key: 'car', label: t('Car') },
            ]}
            chosen={vehicleClass}
            onChoose={setVehicleClass}
          />
          {deed.isError && (
            <p role="alert" className="text-sm font-medium text-high-ink">
              {inWords(deed.error)}
            </p>
          )}
          <div className="mt-2 flex flex-wrap justify-end gap-2">
            <Button className="button" onPress={onClose}>
              {t('Cancel')}
            </Button>
            <Button type="submit" className="button" data-primary isPending={deed.isPending}>
              {deed.isPending ? t('One moment…') : t('Issue a credential')}
            </Button>
          </div>
        </Form>
      )}
    </Overlay>
  );
}
