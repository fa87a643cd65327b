/** Turns notifications in this browser on and off, and says which they are. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'react-aria-components';
import { t } from '@/shared/language/language';
import { inWords } from '@/shared/problem';
import { pushState, turnOff, turnOn, type PushState } from './push';

const KEY = ['push'] as const;
const STATE_WORDS: Record<PushState, string> = {
  on: 'They are on.',
  off: 'They are off.',
  refused: 'This browser was told not to allow them. Change that in its settings for this site.',
  impossible: 'This browser, or this installation, cannot be notified.',
};

export function PushCard() {
  const queries = useQueryClient();
  const { data: state } = useQuery({ queryKey: KEY, queryFn: pushState });
  const change = useMutation({
    mutationFn: () => (state === 'on' ? turnOff() : turnOn()),
    onSuccess: (now) => queries.setQueryData(KEY, now),
  });
  return (
    <section aria-labelledby="push" className="card mt-5 flex max-w-lg flex-col items-start gap-3 px-5 py-5">
      <h2 id="push" className="font-semibold">
        {t('Notifications in this browser')}
      </h2>
      <p className="text-sm text-muted">
        {t(
          'New serious alerts, worsened ones and reminders, also while this page is closed. Neither vehicle nor person is named.',
        )}
      </p>
      <p role="status" className="text-sm font-medium">
        {change.isError ? inWords(change.error) : state && t(STATE_WORDS[state])}
      </p>
      {(state === 'on' || state === 'off') && (
        <Button className="button" isPending={change.isPending} onPress={() => change.mutate()}>
          {change.isPending ? t('One moment…') : t(state === 'on' ? 'Turn off' : 'Turn on')}
        </Button>
      )}
    </section>
  );
}
