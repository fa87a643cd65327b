/** What may be done with a vehicle's credential. */
import { Button } from 'react-aria-components';
import { Overlay } from '@/shared/controls/Overlay';
import { CloseBar } from '@/shared/controls/CloseBar';
import { WentWrong } from '@/shared/controls/WentWrong';
import { t } from '@/shared/language/language';
import { useDeviceDeed, type Device, type DeviceDeed } from './devices.queries';
import { DeviceSecretShown } from './DeviceSecretShown';

export function DeviceDialog({ device: { vehicleId, issuedAt }, onClose }: { device: Device; onClose: () => void }) {
  const deed = useDeviceDeed();
  const act = (asked: DeviceDeed) => deed.mutate(asked, { onSuccess: (secret) => secret ?? onClose() });
  const button = (label: string, asked: DeviceDeed) => (
    <Button className="button" isDisabled={deed.isPending} onPress={() => act(asked)}>
      {label}
    </Button>
  );
  return (
    <Overlay title={vehicleId} onClose={onClose}>
      {deed.data ? (
        <DeviceSecretShown secret={deed.data} onClose={onClose} />
      ) : (
        <>
          <p className="my-3 text-muted">
            {issuedAt === null
              ? t('This device has no credential and cannot sign in.')
              : t('A rotated credential holds for 24 hours beside the new one. A revoked one is cut off within a minute.')}
          </p>
          <div className="flex flex-wrap gap-2">
            {issuedAt === null ? (
              button(t('Issue a credential'), { kind: 'issue', device: { vehicleId } })
            ) : (
              <>
                {button(t('Rotate'), { kind: 'rotate', vehicleId })}
                {button(t('Revoke'), { kind: 'revoke', vehicleId })}
              </>
            )}
          </div>
          <WentWrong error={deed.error} />
          <CloseBar onClose={onClose} />
        </>
      )}
    </Overlay>
  );
}
