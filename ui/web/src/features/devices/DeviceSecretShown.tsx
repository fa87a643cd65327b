/** A device's new credential, shown once. */
import { Settled } from '@/shared/controls/Settled';
import { ShownOnce } from '@/shared/controls/ShownOnce';
import { CloseBar } from '@/shared/controls/CloseBar';
import { t } from '@/shared/language/language';
import type { DeviceSecret } from './devices.queries';

export function DeviceSecretShown({ secret, onClose }: { secret: DeviceSecret; onClose: () => void }) {
  return (
    <>
      <Settled>{t('Put this into the device now: the password is not shown again.')}</Settled>
      <div className="flex flex-col gap-4">
        <ShownOnce label={t('User name')} secret={secret.username} />
        <ShownOnce label={t('Password')} secret={secret.password} />
      </div>
      <CloseBar onClose={onClose} />
    </>
  );
}
