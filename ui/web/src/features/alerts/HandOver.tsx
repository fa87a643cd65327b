/** Gives a live alert into a colleague's hands. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { peopleQuery } from '@/features/people/people.queries';
import { Choice } from '@/shared/controls/Choice';
import { t } from '@/shared/language/language';
import type { Alert } from './alert';
import type { Doing } from './AlertDeeds';
import { DEED_WORDS } from './deedWords';

const NOBODY = 'nobody';

export function HandOver({ alert, act, pending }: Doing & { alert: Alert }) {
  const people = useQuery(peopleQuery).data ?? [];
  const [to, setTo] = useState(alert.assignedTo ?? NOBODY);
  const colleagues = people.filter(({ active, role }) => active && role !== 'driver');
  if (colleagues.length < 2) return null;
  const isBusy = pending === 'handOver';
  const options = colleagues.map(({ userId, name }) => ({ key: userId, label: name }));
  const isKnown = options.some(({ key }) => key === to);
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Choice
        label={t('In whose hands')}
        options={isKnown ? options : [{ key: to, label: t('Nobody yet') }, ...options]}
        chosen={to}
        onChoose={setTo}
      />
      <Button
        className="button"
        isPending={isBusy}
        isDisabled={to === (alert.assignedTo ?? NOBODY) || (pending !== undefined && !isBusy)}
        onPress={() => act({ kind: 'handOver', to })}
      >
        {t(isBusy ? DEED_WORDS.handOver.pending : DEED_WORDS.handOver.verb)}
      </Button>
    </div>
  );
}
