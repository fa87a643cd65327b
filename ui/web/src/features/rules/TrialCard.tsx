/** What other thresholds would have meant for the past days, and the button that saves them. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import type { OwnThreshold } from '@/api';
import { WentWrong } from '@/shared/controls/WentWrong';
import { t } from '@/shared/language/language';
import { figure } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';
import { dayAndMinute } from '@/shared/time/format';
import { isUnderWay, trialQuery, TRIED_DAYS, useApplyTrial, useSetRules, type BudgetTrial } from './rules.queries';
import { TrialOutcome } from './TrialOutcome';

interface Props {
  id: string;
  /** Asked for just now: the reader is led here. */
  isNew?: boolean;
}

export function TrialCard({ id, isNew = false }: Props) {
  const trial = useQuery(trialQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isNew) heading.current?.focus();
  }, [isNew]);
  return (
    <section aria-labelledby="trial" className="card px-5 py-4">
      <h2 id="trial" ref={heading} tabIndex={-1} className="font-semibold outline-none">
        {t('On the last {days} days', { days: trial.data?.days ?? TRIED_DAYS })}
      </h2>
      <Loaded query={trial} what={t('the trial')}>
        {(found) => <Trial trial={found} onSaved={() => heading.current?.focus()} />}
      </Loaded>
    </section>
  );
}

interface TrialProps {
  trial: BudgetTrial;
  /** The button that was pressed is gone then. */
  onSaved: () => void;
}

function Trial({ trial, onSaved }: TrialProps) {
  const apply = useApplyTrial();
  const set = useSetRules();
  return (
    <>
      <p role="status" className="mt-1 text-sm font-medium">
        {set.isSuccess || apply.isSuccess ? t('Saved. It holds within half a minute.') : standingOf(trial)}
      </p>
      <p className="mt-1 text-sm text-muted">{t('Tried {time}.', { time: dayAndMinute(trial.askedAt) })}</p>
      {trial.outcome && <TrialOutcome outcome={trial.outcome} />}
      {trial.state === 'DONE' && (
        <Button
          className="button mt-4"
          data-primary
          isPending={apply.isPending}
          onPress={() => apply.mutate(trial.trialId, { onSuccess: onSaved })}
        >
          {apply.isPending ? t('One moment…') : t('Save these thresholds')}
        </Button>
      )}
      {trial.state === 'FAILED' && trial.proposal && !set.isSuccess && (
        <Untried
          proposal={trial.proposal}
          isPending={set.isPending}
          onSave={(proposal) => set.mutate(proposal, { onSuccess: onSaved })}
        />
      )}
      <WentWrong error={apply.error ?? set.error} />
    </>
  );
}

interface UntriedProps {
  proposal: OwnThreshold[];
  isPending: boolean;
  onSave: (proposal: OwnThreshold[]) => void;
}

/** Thresholds that were typed can be saved all the same: a fleet without a past has nothing to try them on. */
function Untried({ proposal, isPending, onSave }: UntriedProps) {
  return (
    <Button className="button mt-4" isPending={isPending} onPress={() => onSave(proposal)}>
      {isPending ? t('One moment…') : t('Save them untried')}
    </Button>
  );
}

function standingOf(trial: BudgetTrial): string {
  if (isUnderWay(trial)) return t('The past is judged anew: this takes up to a few minutes.');
  if (trial.state === 'FAILED') return t('It could not be tried: {reason}', { reason: trial.detail });
  if (trial.state === 'APPLIED') return t('These thresholds were saved. Others may hold by now.');
  const { perVehicleWeek: { before, after } = { before: 0, after: 0 } } = trial.outcome ?? {};
  return t('{before} alerts per vehicle and week as it is, {after} with these thresholds.', {
    before: figure(before),
    after: figure(after),
  });
}
