/** A device's new credential, shown once. Takes the focus: what was before it is gone. */
import { useEffect, useRef } from 'react';
import { ShownOnce } from '@/shared/controls/ShownOnce';
import { CloseBar } from '@/shared/controls/CloseBar';
import { t } from '@/shared/language/language';
import type { DeviceSecret } from './devices.queries';

export function DeviceSecretShown({ secret, onClose }: { secret: DeviceSecret; onClose: () => void }) {
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <>
      <p ref={place} tabIndex={-1} className="my-3 outline-none">
        {t('Put this into the device now: the password is not shown again.')}
      </p>
      <div className="flex flex-col gap-4">
        <ShownOnce label={t('User name')} secret={secret.username} />
        <ShownOnce label={t('Password')} secret={secret.password} />
      </div>
      <CloseBar onClose={onClose} />
    </>
  );
}
