/** What the workshop did, newest first; whoever may records a visit or takes a wrong one back. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { useMay } from '@/features/session/session';
import { WentWrong } from '@/shared/controls/WentWrong';
import { t } from '@/shared/language/language';
import { useLineState } from '@/shared/live/LiveProvider';
import { Loaded } from '@/shared/page/Loaded';
import { dateAndMinute } from '@/shared/time/format';
import { componentInWords } from './vehicle';
import { useWithdrawVisit, visitsQuery, type Visit } from './workshop.queries';

const VisitDialog = lazy(() => import('./VisitDialog'));

export function Workshop({ vehicleId }: { vehicleId: string }) {
  const visits = useQuery(visitsQuery(vehicleId));
  const mayRecord = useMay('record maintenance');
  const { status } = useLineState();
  const isAway = status === 'reconnecting' || status === 'stale';
  const [isAsked, ask] = useState(false);
  const [done, setDone] = useState('');
  const asking = useRef<HTMLButtonElement>(null);
  const { mutate, error } = useWithdrawVisit(vehicleId);
  const withdraw = (visit: Visit) =>
    mutate(visit, {
      onSuccess: () => {
        setDone(t('Taken back. The next forecast no longer counts it.'));
        asking.current?.focus();
      },
    });
  const close = (isRecorded: boolean) => {
    setDone(isRecorded ? t('Recorded. The next forecast counts it.') : '');
    ask(false);
  };
  return (
    <>
      <Loaded query={visits} what={t('the visits')}>
        {({ items, nextCursor }) => (
          <>
            <Visits visits={items} onWithdraw={mayRecord && !isAway ? withdraw : undefined} />
            {nextCursor && (
              <p className="mt-2 text-sm text-muted">{t('The newest {shown} are shown.', { shown: items.length })}</p>
            )}
          </>
        )}
      </Loaded>
      {mayRecord && (
        <>
          <WentWrong error={error} />
          <Button ref={asking} className="button mt-3" isDisabled={isAway} onPress={() => ask(true)}>
            {isAway ? t('Recording needs a connection') : t('Record a visit…')}
          </Button>
          <p role="status" className="mt-2 min-h-5 text-sm font-medium text-good-ink">
            {done}
          </p>
          <Suspense>{isAsked && <VisitDialog vehicleId={vehicleId} onClose={close} />}</Suspense>
        </>
      )}
    </>
  );
}

function Visits({ visits, onWithdraw }: { visits: readonly Visit[]; onWithdraw: ((visit: Visit) => void) | undefined }) {
  if (visits.length === 0) {
    return <p className="text-muted">{t('No visit is recorded yet. The forecast learns from each.')}</p>;
  }
  return (
    <ul className="text-sm">
      {visits.map((visit) => (
        <Line key={`${visit.at} ${visit.component}`} visit={visit} onWithdraw={onWithdraw} />
      ))}
    </ul>
  );
}

function Line({ visit, onWithdraw }: { visit: Visit; onWithdraw: ((visit: Visit) => void) | undefined }) {
  const [part, moment] = [componentInWords(visit.component), dateAndMinute(visit.at)];
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line py-1.5 last:border-b-0">
      <span className="min-w-0 wrap-anywhere">
        <span className="font-medium">{part}</span>, {visit.failure ? t('had failed') : t('before it failed')}
        <time dateTime={visit.at} className="block text-muted">
          {moment}
        </time>
      </span>
      {onWithdraw && (
        <Button
          className="button"
          aria-label={t('Take back: {part}, {moment}', { part, moment })}
          onPress={() => onWithdraw(visit)}
        >
          {t('Take back')}
        </Button>
      )}
    </li>
  );
}
