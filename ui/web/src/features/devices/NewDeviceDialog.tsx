/** Enters a vehicle and issues its device's first credential. */
import { useState } from 'react';
import { Choice } from '@/shared/controls/Choice';
import { DialogForm } from '@/shared/controls/DialogForm';
import { FormField } from '@/shared/controls/FormField';
import { Overlay } from '@/shared/controls/Overlay';
import { t } from '@/shared/language/language';
import { useDeviceDeed, type NewDevice } from './devices.queries';
import { DeviceSecretShown } from './DeviceSecretShown';

type VehicleClass = NonNullable<NewDevice['vehicleClass']>;

export function NewDeviceDialog({ onClose }: { onClose: () => void }) {
  const [vehicleClass, setVehicleClass] = useState<VehicleClass>('truck');
  const { mutate, data, isPending, error } = useDeviceDeed();
  const submit = (field: (name: string) => string) =>
    mutate({ kind: 'issue', device: { vehicleId: field('vehicle'), vehicleClass } });
  return (
    <Overlay title={data ? data.vehicleId : t('Add a vehicle')} onClose={onClose}>
      {data ? (
        <DeviceSecretShown secret={data} onClose={onClose} />
      ) : (
        <DialogForm verb={t('Issue a credential')} onSubmit={submit} onCancel={onClose} isPending={isPending} error={error}>
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
        </DialogForm>
      )}
    </Overlay>
  );
}
