/** How many alerts the fleet wants: thresholds follow a budget, which is tried on the past before it is saved. */
import { useQuery } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { Button, FieldError, Form, Input, Label, NumberField, Text } from 'react-aria-components';
import type { AlertRule } from '@/api';
import { TYPE_WORDS } from '@/features/alerts/alert';
import { WentWrong } from '@/shared/controls/WentWrong';
import { t } from '@/shared/language/language';
import { percent } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';
import { Page } from '@/shared/page/Page';
import { Table } from '@/shared/page/Table';
import { inWords } from '@/shared/problem';
import { rulesQuery, TRIED_DAYS, useResetRules, useTryBudget } from './rules.queries';
import { TrialCard } from './TrialCard';

export function RulesPage() {
  const rules = useQuery(rulesQuery);
  const wish = useTryBudget();
  return (
    <Page title={t('Rules')} crumbs={[{ label: t('Settings'), to: '/settings' }]}>
      <p className="mb-4 max-w-prose text-muted">
        {t('Say how many alerts your people can look at. The thresholds follow; what that would have meant is shown first.')}
      </p>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <div className="flex flex-col gap-5">
          <BudgetForm onTry={wish.mutate} isPending={wish.isPending} error={wish.error} />
          {wish.data && <TrialCard key={wish.data.trialId} asked={wish.data} />}
        </div>
        <Loaded query={rules} what={t('the rules')}>
          {({ items }) => <Thresholds rules={items} />}
        </Loaded>
      </div>
    </Page>
  );
}

interface FormProps {
  onTry: (perVehicleWeek: number) => void;
  isPending: boolean;
  error: Error | null;
}

function BudgetForm({ onTry, isPending, error }: FormProps) {
  const [wanted, setWanted] = useState(3);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    onTry(wanted);
  };
  return (
    <Form onSubmit={submit} className="card flex flex-col items-start gap-4 px-5 py-5">
      <NumberField
        value={wanted}
        onChange={setWanted}
        minValue={0}
        maxValue={10_000}
        isRequired
        className="flex flex-col gap-1.5"
      >
        <Label className="font-medium">{t('Alerts per vehicle and week')}</Label>
        <Input className="field w-32" />
        <Text slot="description" className="text-sm text-muted">
          {t('Nothing is saved yet: it is tried on the last {days} days first.', { days: TRIED_DAYS })}
        </Text>
        <FieldError className="text-sm font-medium text-high-ink" />
      </NumberField>
      <WentWrong error={error} />
      <Button type="submit" className="button" data-primary isPending={isPending}>
        {isPending ? t('One moment…') : t('Try it on the past')}
      </Button>
    </Form>
  );
}

function Thresholds({ rules }: { rules: readonly AlertRule[] }) {
  const reset = useResetRules();
  const isOwn = rules.some(({ threshold, usual }) => threshold !== usual);
  return (
    <section aria-labelledby="thresholds" className="card overflow-hidden">
      <div className="flex flex-wrap items-center justify-between gap-3 px-5 py-3">
        <h2 id="thresholds" className="font-semibold">
          {t('An alert begins at')}
        </h2>
        {isOwn && (
          <Button className="button" isPending={reset.isPending} onPress={() => reset.mutate()}>
            {t('Back to the usual')}
          </Button>
        )}
      </div>
      {reset.isError && <p className="px-5 pb-3 text-sm font-medium text-high-ink">{inWords(reset.error)}</p>}
      <Table
        caption={t('From which certainty on an alert of each type begins')}
        columns={[
          { label: t('Type'), className: 'ps-5' },
          { label: t('Here'), className: 'text-end' },
          { label: t('Usual'), className: 'pe-5 text-end' },
        ]}
      >
        {rules.map((rule) => (
          <ThresholdRow key={rule.type} rule={rule} />
        ))}
      </Table>
    </section>
  );
}

function ThresholdRow({ rule: { type, threshold, usual } }: { rule: AlertRule }) {
  const weight = threshold === usual ? '' : 'font-semibold';
  return (
    <tr className="text-sm">
      <th scope="row" className="px-5 py-2 font-normal">
        {t(TYPE_WORDS[type])}
      </th>
      <td className={`figures px-3 py-2 text-end whitespace-nowrap ${weight}`}>{percent(threshold)}</td>
      <td className="figures px-5 py-2 text-end whitespace-nowrap text-muted">{percent(usual)}</td>
    </tr>
  );
}
