/** Puts an alert off, or brings it back before its time. */
import { lazy, Suspense, useState } from 'react';
import { Button } from 'react-aria-components';
import { t } from '@/shared/language/language';
import { WentWrong } from '@/shared/controls/WentWrong';
import { isAsleep, isLive, type Alert } from './alert';
import { DEED_WORDS } from './deedWords';
import { useDeedAloud } from './useDeedAloud';

const BulkDialog = lazy(() => import('./BulkDialog'));

export function SnoozeButton({ alert }: { alert: Alert }) {
  const [isAsked, ask] = useState(false);
  const { act, isPending, error } = useDeedAloud();
  if (!isLive(alert.state)) return null;
  return (
    <>
      {isAsleep(alert) ? (
        <Button className="button" isPending={isPending} onPress={() => act(alert, { kind: 'unsnooze' })}>
          {t(isPending ? DEED_WORDS.unsnooze.pending : DEED_WORDS.unsnooze.verb)}
        </Button>
      ) : (
        <Button className="button" onPress={() => ask(true)}>
          {t('Snooze…')}
        </Button>
      )}
      <WentWrong error={error} />
      <Suspense>
        {isAsked && <BulkDialog kind="snooze" alerts={[alert]} onChanged={() => undefined} onClose={() => ask(false)} />}
      </Suspense>
    </>
  );
}
