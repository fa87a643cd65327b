/** Offers a new version when one is ready; nothing reloads unless the reader asks. */
import { t } from '@/shared/language/language';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Workbox } from 'workbox-window';
import { registerWorker } from './registerWorker';

export function UpdateNotice() {
  const [waiting, setWaiting] = useState<Workbox>();
  useEffect(() => {
    if (import.meta.env.PROD) void registerWorker(setWaiting);
  }, []);
  return (
    <div role="status" className="fixed inset-x-4 bottom-4 z-40 mx-auto max-w-md">
      {waiting && (
        <div className="flex flex-wrap items-center justify-between gap-3 rounded-xl border border-stroke bg-surface px-4 py-3 shadow-lift-high">
          <p className="font-medium">{t('Update available')}</p>
          <div className="flex gap-2">
            <Button className="button" data-quiet onPress={() => setWaiting(undefined)}>
              {t('Later')}
            </Button>
            <Button className="button" data-primary onPress={() => waiting.messageSkipWaiting()}>
              {t('Reload now')}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}
