/** A deed on an alert whose outcome is told to screen readers. */
import { useAnnounce } from '@/shared/announcer/Announcer';
import { t } from '@/shared/language/language';
import { inWords } from '@/shared/problem';
import { nameOf, type Alert } from './alert';
import type { Deed } from './alertDeed';
import { useDeed } from './alerts.queries';
import { DONE_WORDS } from './doneWords';

export function useDeedAloud(onChanged?: (alert: Alert) => void) {
  const announce = useAnnounce();
  const { mutate, ...state } = useDeed(onChanged);
  const act = (alert: Alert, deed: Deed, onDone?: () => void) =>
    mutate(
      { alert, deed },
      {
        onSuccess: (outcome) => {
          announce(`${outcome === 'waits' ? t('Waits for a connection') : t(DONE_WORDS[deed.kind])}: ${nameOf(alert)}`);
          onDone?.();
        },
        onError: (problem) => announce(t('Not done: {alert}. {reason}', { alert: nameOf(alert), reason: inWords(problem) })),
      },
    );
  return { act, ...state };
}
