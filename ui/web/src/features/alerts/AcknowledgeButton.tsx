/** Takes charge of an alert, in place: pending, failed and done are all said. */
import { useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import { t } from '@/shared/language/language';
import { inWords } from '@/shared/problem';
import { nameOf, type Alert } from './alert';
import { useDeedAloud } from './useDeedAloud';
import { useIsWaiting } from './useOutbox';

interface Props {
  alert: Alert;
  allowed: boolean;
  onChanged: (alert: Alert) => void;
}

export function AcknowledgeButton({ alert, allowed, onChanged }: Props) {
  const { act, isSuccess, isError, isPending, error } = useDeedAloud(onChanged);
  const isWaiting = useIsWaiting(alert.id, 'acknowledge');
  const done = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (isSuccess) done.current?.focus();
  }, [isSuccess]);

  if (alert.state !== 'OPEN')
    return isSuccess ? <Done ref={done} sentence={t('Acknowledged')} /> : isError && <Trouble error={error} />;
  if (isWaiting) return <Done ref={done} sentence={t('Waits for a connection')} />;
  if (!allowed) return null;
  const verb = isPending ? t('Acknowledging') : isError ? t('Try again to acknowledge') : t('Acknowledge');
  return (
    <div className="flex flex-col items-end gap-1">
      <Button
        className="button"
        aria-label={t('{verb} alert: {alert}', { verb, alert: nameOf(alert) })}
        isPending={isPending}
        onPress={() => act(alert, { kind: 'acknowledge' })}
      >
        {verb}
      </Button>
      {isError && <Trouble error={error} />}
    </div>
  );
}

function Done({ ref, sentence }: { ref: React.Ref<HTMLParagraphElement>; sentence: string }) {
  return (
    <p
      ref={ref}
      tabIndex={-1}
      className="inline-flex min-h-11 items-center gap-1.5 rounded-full px-2 text-sm font-semibold text-good-ink outline-none"
    >
      <svg
        viewBox="0 0 16 16"
        className="size-4"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.4"
        aria-hidden="true"
        focusable="false"
      >
        <path d="m3 8.5 3.5 3.5L13 4.5" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      {sentence}
    </p>
  );
}

function Trouble({ error }: { error: unknown }) {
  return <p className="max-w-56 text-end text-sm font-medium text-high-ink">{inWords(error)}</p>;
}
