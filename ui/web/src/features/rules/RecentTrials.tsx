/** What was tried on the past: who asked, when, of what, and what came out. Each opens again. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'react-aria-components';
import { counted, t } from '@/shared/language/language';
import { figure } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';
import { Table } from '@/shared/page/Table';
import { dayAndMinute } from '@/shared/time/format';
import { isUnderWay, trialsQuery, type BudgetTrialSummary } from './rules.queries';

interface Props {
  /** The one that is looked at. */
  open: string | undefined;
  onOpen: (trialId: string) => void;
}

export function RecentTrials({ open, onOpen }: Props) {
  const trials = useInfiniteQuery(trialsQuery);
  return (
    <section aria-labelledby="trials" className="card overflow-hidden">
      <div className="px-5 py-4">
        <h2 id="trials" className="font-semibold">
          {t('Recent trials')}
        </h2>
        <p className="mt-1 max-w-prose text-sm text-muted">{t('What was tried on the past, the newest first.')}</p>
      </div>
      <Loaded query={trials} what={t('the trials')}>
        {({ pages }) => <Trials trials={pages.flatMap(({ items }) => items)} open={open} onOpen={onOpen} />}
      </Loaded>
      {trials.hasNextPage && (
        <div className="border-t border-line px-5 py-3">
          <Button className="button" isPending={trials.isFetchingNextPage} onPress={() => void trials.fetchNextPage()}>
            {trials.isFetchingNextPage ? t('One moment…') : t('Show older trials')}
          </Button>
        </div>
      )}
    </section>
  );
}

function Trials({ trials, open, onOpen }: Props & { trials: readonly BudgetTrialSummary[] }) {
  if (trials.length === 0) return <p className="px-5 pb-5 text-sm text-muted">{t('Nothing was tried yet.')}</p>;
  return (
    <Table
      caption={t('Trials of thresholds, the newest first')}
      columns={[
        { label: t('Tried'), className: 'ps-5' },
        { label: t('By'), className: 'max-sm:hidden' },
        { label: t('What came out'), className: 'pe-5' },
      ]}
    >
      {trials.map((trial) => (
        <TrialRow key={trial.trialId} trial={trial} isOpen={trial.trialId === open} onOpen={() => onOpen(trial.trialId)} />
      ))}
    </Table>
  );
}

interface RowProps {
  trial: BudgetTrialSummary;
  isOpen: boolean;
  onOpen: () => void;
}

function TrialRow({ trial, isOpen, onOpen }: RowProps) {
  const when = dayAndMinute(trial.askedAt);
  const who = trial.askedByName ?? t('Somebody who has left');
  return (
    <tr className={`align-top text-sm ${isOpen ? 'bg-sunken' : 'hover:bg-hover'}`}>
      <th scope="row" className="py-1.5 ps-5 pe-3 font-normal">
        <Link
          to="/settings/rules"
          search={{ trial: trial.trialId }}
          resetScroll={false}
          onClick={onOpen}
          aria-label={t('Open the trial of {time}', { time: when })}
          aria-current={isOpen ? 'true' : undefined}
          className="link inline-flex min-h-11 min-w-11 items-center font-semibold whitespace-nowrap"
        >
          <time dateTime={trial.askedAt}>{when}</time>
        </Link>
        <span className="-mt-1.5 block text-muted">{proposalInWords(trial)}</span>
        <span className="block text-muted sm:hidden">{who}</span>
      </th>
      <td className="px-3 py-4 max-sm:hidden">{who}</td>
      <td className="py-4 ps-3 pe-5 wrap-anywhere">
        {resultInWords(trial)}
        {trial.state === 'APPLIED' && <span className="block font-medium text-good-ink">{t('Saved')}</span>}
      </td>
    </tr>
  );
}

function proposalInWords({ perVehicleWeek, proposal }: BudgetTrialSummary): string {
  if (perVehicleWeek !== null) return t('Aim: {count} per vehicle and week', { count: figure(perVehicleWeek) });
  const own = proposal?.length ?? 0;
  return own === 0 ? t('The usual thresholds') : counted(own, 'One threshold of our own', '{count} thresholds of our own');
}

function resultInWords(trial: BudgetTrialSummary): string {
  if (isUnderWay(trial)) return t('Under way');
  if (!trial.perVehicleWeekFound)
    return trial.detail ? t('It could not be tried: {reason}', { reason: trial.detail }) : t('No result');
  const { before, after } = trial.perVehicleWeekFound;
  return t('{before} alerts per vehicle and week before, {after} after', { before: figure(before), after: figure(after) });
}
