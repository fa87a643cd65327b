/** A number of alerts to aim at: the thresholds follow, and are tried on the past first. */
import { useState, type SyntheticEvent } from 'react';
import { Button, FieldError, Form, Input, Label, NumberField, Text } from 'react-aria-components';
import { WentWrong } from '@/shared/controls/WentWrong';
import { t } from '@/shared/language/language';
import { TRIED_DAYS, useTry, type BudgetTrial } from './rules.queries';

export function BudgetForm({ onAsked }: { onAsked: (trial: BudgetTrial) => void }) {
  const [wanted, setWanted] = useState(3);
  const wish = useTry();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    wish.mutate({ perVehicleWeek: wanted }, { onSuccess: onAsked });
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
        <Text slot="description" className="max-w-prose text-sm text-muted">
          {t('The thresholds for all vehicles follow; those you chose for a class stay.')}{' '}
          {t('Nothing is saved yet: it is tried on the last {days} days first.', { days: TRIED_DAYS })}
        </Text>
        <FieldError className="text-sm font-medium text-high-ink" />
      </NumberField>
      <WentWrong error={wish.error} />
      <Button type="submit" className="button" data-primary isPending={wish.isPending}>
        {wish.isPending ? t('One moment…') : t('Try it on the past')}
      </Button>
    </Form>
  );
}
