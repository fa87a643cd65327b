/** From which certainty on alerts begin: the usual, the fleet's own and those of vehicle classes, to be changed and tried. */
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { Button, Form } from 'react-aria-components';
import type { AlertRule } from '@/api';
import { Choice } from '@/shared/controls/Choice';
import { WentWrong } from '@/shared/controls/WentWrong';
import { counted, t } from '@/shared/language/language';
import { ResetDialog } from './ResetDialog';
import { useTry, type BudgetTrial } from './rules.queries';
import { ThresholdTable } from './ThresholdTable';
import { changed, COLUMN_WORDS, COLUMNS, countChanges, ownIn, proposalOf, type Column, type Draft } from './thresholds';

interface Props {
  rules: readonly AlertRule[];
  mayChange: boolean;
  onAsked: (trial: BudgetTrial) => void;
}

export function ThresholdsCard({ rules, mayChange, onAsked }: Props) {
  const [draft, setDraft] = useState<Draft>({});
  const [column, setColumn] = useState<Column>('fleet');
  const { heading, isAsked, ...reset } = useReset(() => setDraft({}));
  const wish = useTry();
  const hasOwn = rules.some((rule) => COLUMNS.some((each) => ownIn({}, rule, each) !== null));
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    wish.mutate({ thresholds: proposalOf(rules, draft) }, { onSuccess: onAsked });
  };
  const table = (
    <ThresholdTable
      rules={rules}
      draft={draft}
      column={mayChange ? column : null}
      onChange={(rule, threshold) => setDraft((now) => changed(now, rule, column, threshold))}
    />
  );
  return (
    <section aria-labelledby="thresholds" className="card overflow-hidden">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3 px-5 py-4">
        <div className="max-w-prose">
          <h2 id="thresholds" ref={heading} tabIndex={-1} className="font-semibold outline-none">
            {t('An alert begins at')}
          </h2>
          <p className="mt-1 text-sm text-muted">
            {t(
              'What is chosen for a class goes before what is chosen for all vehicles, and that before the usual. In bold: chosen.',
            )}
          </p>
        </div>
        {mayChange && (
          <div className="flex flex-wrap items-end gap-3">
            <div className="w-44">
              <Choice
                label={t('Change them for')}
                options={COLUMNS.map((key) => ({ key, label: t(COLUMN_WORDS[key]) }))}
                chosen={column}
                onChoose={setColumn}
              />
            </div>
            <Button className="button" isDisabled={!hasOwn} onPress={reset.ask}>
              {t('Back to the usual…')}
            </Button>
          </div>
        )}
      </div>
      {mayChange ? (
        <Form onSubmit={submit}>
          {table}
          <TryBar
            changes={countChanges(rules, draft)}
            isPending={wish.isPending}
            error={wish.error}
            onDiscard={() => setDraft({})}
          />
        </Form>
      ) : (
        table
      )}
      {isAsked && <ResetDialog onClose={reset.close} onDone={reset.done} />}
    </section>
  );
}

/** The question before the usual comes back. After it the button has nothing to do any more: the heading has the focus then. */
function useReset(onDone: () => void) {
  const [isAsked, setAsked] = useState(false);
  const isDone = useRef(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isDone.current) heading.current?.focus();
    isDone.current = false;
  }, [isAsked]);
  const done = () => {
    isDone.current = true;
    onDone();
    setAsked(false);
  };
  return { isAsked, heading, done, ask: () => setAsked(true), close: () => setAsked(false) };
}

interface TryProps {
  changes: number;
  isPending: boolean;
  error: Error | null;
  onDiscard: () => void;
}

function TryBar({ changes, isPending, error, onDiscard }: TryProps) {
  return (
    <div className="border-t border-line px-5 py-4">
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" className="button" data-primary isDisabled={!changes} isPending={isPending}>
          {isPending ? t('One moment…') : t('Try these on the past')}
        </Button>
        <Button className="button" isDisabled={!changes} onPress={onDiscard}>
          {t('Discard the changes')}
        </Button>
        <span role="status" className="text-sm text-muted">
          {changes
            ? counted(changes, 'One change that is not saved.', '{count} changes that are not saved.')
            : t('Nothing is changed.')}
        </span>
      </div>
      <WentWrong error={error} />
    </div>
  );
}
