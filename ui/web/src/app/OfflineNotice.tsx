/** Says how old the page is while the server cannot be reached, and loads it anew when it can. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { t } from '@/shared/language/language';
import { useLineState } from '@/shared/live/LiveProvider';
import { useLastKnownAt } from '@/shared/offline/lastKnown';
import { dayAndClock } from '@/shared/time/format';

export function OfflineNotice() {
  const at = useLastKnownAt();
  const { status } = useLineState();
  const queries = useQueryClient();
  const isOld = at !== null;
  useEffect(() => {
    if (isOld && status === 'live') void queries.invalidateQueries();
  }, [isOld, status, queries]);
  return (
    <div role="status" aria-label={t('Age of the page')}>
      {isOld && (
        <p className="bg-medium-soft px-4 py-2 text-sm font-medium text-medium-ink sm:px-6">
          {t('No connection. This is what was known at {at}.', { at: dayAndClock(at) })}
        </p>
      )}
    </div>
  );
}
