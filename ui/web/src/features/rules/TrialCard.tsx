/** What a budget would have meant for the past days, and the button that saves it. */
import { useQuery } from '@tanstack/react-query';
import { Button } from 'react-aria-components';
import { TYPE_WORDS, type AlertType } from '@/features/alerts/alert';
import { WentWrong } from '@/shared/controls/WentWrong';
import { counted, t } from '@/shared/language/language';
import { figure, percent } from '@/shared/language/numbers';
import { Table } from '@/shared/page/Table';
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
      <WentWrong error={apply.error} />
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
      <div className="-mx-3 mt-3">
        <Table
          caption={t('Alerts by type, as it is and with this budget')}
          columns={[
            { label: t('Type') },
            { label: t('Before'), className: 'text-end' },
            { label: t('After'), className: 'text-end' },
            { label: t('Begins at'), className: 'text-end max-sm:hidden' },
          ]}
        >
          {types.map((type) => (
            <tr key={type} className="text-sm">
              <th scope="row" className="px-3 py-2 font-normal">
                {t(TYPE_WORDS[type])}
              </th>
              <td className="figures px-3 py-2 text-end">{figure(alerts[type]?.before ?? 0)}</td>
              <td className="figures px-3 py-2 text-end font-semibold">{figure(alerts[type]?.after ?? 0)}</td>
              <td className="figures px-3 py-2 text-end max-sm:hidden">
                {thresholds[type] === undefined ? t('as it is') : percent(thresholds[type])}
              </td>
            </tr>
          ))}
        </Table>
      </div>
      <p className="mt-3 text-sm text-muted">
        {counted(vanishedTotal, 'One alert there would not have been.', '{count} alerts there would not have been.')}
      </p>
    </>
  );
}
