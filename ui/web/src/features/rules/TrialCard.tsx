/** What a budget would have meant for the past days, and the button that saves it. */
import { useQuery } from '@tanstack/react-query';
import { Button } from 'react-aria-components';
import { TYPE_WORDS, type AlertType } from '@/features/alerts/alert';
import { counted, t } from '@/shared/language/language';
import { figure, percent } from '@/shared/language/numbers';
import { inWords } from '@/shared/problem';
import { isUnderWay, trialQuery, TRIED_DAYS, useApplyTrial, type BudgetOutcome, type BudgetTrial } from './rules.queries';

export function TrialCard({ asked }: { asked: BudgetTrial }) {
  const trial = useQuery(trialQuery(asked.trialId)).data ?? asked;
  const apply = useApplyTrial();
  return (
    <section aria-labelledby="trial" className="card px-5 py-4">
      <h2 id="trial" className="font-semibold">
        {t('On the last {days} days', { days: TRIED_DAYS })}
      </h2>
      <p role="status" className="mt-1 text-sm font-medium">
        {standingOf(trial)}
      </p>
      {trial.outcome && <Outcome outcome={trial.outcome} />}
      {trial.state === 'DONE' && (
        <Button className="button mt-4" data-primary isPending={apply.isPending} onPress={() => apply.mutate(trial.trialId)}>
          {apply.isPending ? t('One moment…') : t('Save these thresholds')}
        </Button>
      )}
      {apply.isError && (
        <p role="alert" className="mt-3 text-sm font-medium text-high-ink">
          {inWords(apply.error)}
        </p>
      )}
    </section>
  );
}

function standingOf(trial: BudgetTrial): string {
  if (isUnderWay(trial)) return t('The past is judged anew: this takes up to a few minutes.');
  if (trial.state === 'FAILED') return t('It could not be tried: {reason}', { reason: trial.detail });
  if (trial.state === 'APPLIED') return t('Saved. It holds within half a minute.');
  const { perVehicleWeek: { before, after } = { before: 0, after: 0 } } = trial.outcome ?? {};
  return t('{before} alerts per vehicle and week as it is, {after} with this budget.', {
    before: figure(before),
    after: figure(after),
  });
}

function Outcome({ outcome: { alerts, thresholds, vanishedTotal } }: { outcome: BudgetOutcome }) {
  const types = (Object.keys(alerts) as AlertType[]).filter((type) => alerts[type]);
  return (
    <>
      <table className="mt-3 w-full text-left text-sm">
        <caption className="sr-only">{t('Alerts by type, as it is and with this budget')}</caption>
        <thead className="border-y border-line bg-sunken">
          <tr>
            <th scope="col" className="py-2 pr-3 font-semibold">
              {t('Type')}
            </th>
            <th scope="col" className="px-2 py-2 text-right font-semibold">
              {t('Before')}
            </th>
            <th scope="col" className="px-2 py-2 text-right font-semibold">
              {t('After')}
            </th>
            <th scope="col" className="py-2 pl-2 text-right font-semibold max-sm:hidden">
              {t('Begins at')}
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {types.map((type) => (
            <tr key={type}>
              <th scope="row" className="py-2 pr-3 font-normal">
                {t(TYPE_WORDS[type])}
              </th>
              <td className="figures px-2 py-2 text-right">{figure(alerts[type]?.before ?? 0)}</td>
              <td className="figures px-2 py-2 text-right font-semibold">{figure(alerts[type]?.after ?? 0)}</td>
              <td className="figures py-2 pl-2 text-right max-sm:hidden">
                {thresholds[type] === undefined ? t('as it is') : percent(thresholds[type])}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mt-3 text-sm text-muted">
        {counted(vanishedTotal, 'One alert there would not have been.', '{count} alerts there would not have been.')}
      </p>
    </>
  );
}
