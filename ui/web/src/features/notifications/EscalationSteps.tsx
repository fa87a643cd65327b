/** Whom an alert that nobody takes is passed on to, one after the other. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import { peopleQuery } from '@/features/people/people.queries';
import { Choice, type Option } from '@/shared/controls/Choice';
import { t } from '@/shared/language/language';
import { afterMinutes, MINUTES } from './minutes';
import type { EscalationStep } from './notifications.queries';
import { RECIPIENT_WORDS } from './recipients';

const MOST = 5;
const LONGEST_MIN = 10_080;
const USUAL = 'fleet_manager';

interface Props {
  steps: readonly EscalationStep[];
  onChange: (steps: EscalationStep[]) => void;
}

export function EscalationSteps({ steps, onChange }: Props) {
  const recipients = useRecipients(steps);
  const change = (place: number, part: Partial<EscalationStep>) =>
    onChange(steps.map((step, each) => (each === place ? { ...step, ...part } : step)));
  const { heading, afterRemoval } = useFocusAfterRemoval();
  const remove = (place: number) => {
    onChange(steps.filter((_, each) => each !== place));
    afterRemoval();
  };
  return (
    <div role="group" aria-labelledby="escalation" className="flex flex-col gap-4">
      <div>
        <h3 id="escalation" ref={heading} tabIndex={-1} className="font-semibold outline-none">
          {t('When still nobody takes an alert')}
        </h3>
        <p className="mt-1 max-w-prose text-sm text-muted">
          {t('Step by step, from the same severity on, their browsers are told. Other systems hear of every step.')}
        </p>
      </div>
      {steps.map((step, place) => (
        <div
          key={place}
          role="group"
          aria-label={t('Step {count}', { count: place + 1 })}
          className="grid items-end gap-4 sm:grid-cols-[1fr_1fr_auto]"
        >
          <Choice
            label={t('How long nobody took it')}
            options={minutesFor(steps)}
            chosen={String(step.afterMin)}
            onChoose={(key) => change(place, { afterMin: Number(key) })}
          />
          <Choice label={t('Who is told')} options={recipients} chosen={step.to} onChoose={(to) => change(place, { to })} />
          <Button className="button" aria-label={t('Remove step {count}', { count: place + 1 })} onPress={() => remove(place)}>
            {t('Remove')}
          </Button>
        </div>
      ))}
      {steps.length < MOST && (
        <Button className="button self-start" onPress={() => onChange([...steps, { afterMin: nextAfter(steps), to: USUAL }])}>
          {t('Add a step')}
        </Button>
      )}
    </div>
  );
}

/** The button that was pressed is gone: the heading of the steps has the focus then. */
function useFocusAfterRemoval() {
  const heading = useRef<HTMLHeadingElement>(null);
  const isRemoved = useRef(false);
  useEffect(() => {
    if (isRemoved.current) heading.current?.focus();
    isRemoved.current = false;
  });
  return { heading, afterRemoval: () => (isRemoved.current = true) };
}

/** Roles and people who may take an alert, other systems, and whoever a step goes to already. */
function useRecipients(steps: readonly EscalationStep[]): Option<string>[] {
  const people = useQuery(peopleQuery).data ?? [];
  const takers = people.filter(({ active, role }) => active && role in RECIPIENT_WORDS);
  const known = [
    ...Object.entries(RECIPIENT_WORDS).map(([key, words]) => ({ key, label: t(words) })),
    ...takers.map(({ userId, name }) => ({ key: userId, label: name })),
  ];
  const unknown = steps.filter(({ to }) => known.every(({ key }) => key !== to));
  return [...known, ...unknown.map(({ to }) => ({ key: to, label: t('Somebody who cannot take it any more') }))];
}

function minutesFor(steps: readonly EscalationStep[]): Option<string>[] {
  const minutes = new Set<number>([...MINUTES, ...steps.map(({ afterMin }) => afterMin)]);
  return [...minutes].sort((a, b) => a - b).map((each) => ({ key: String(each), label: afterMinutes(each) }));
}

/** The next of the usual times; after the longest of them, twice as long. */
function nextAfter(steps: readonly EscalationStep[]): number {
  const last = Math.max(0, ...steps.map(({ afterMin }) => afterMin));
  return MINUTES.find((each) => each > last) ?? Math.min(2 * last, LONGEST_MIN);
}
