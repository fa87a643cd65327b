/** What can be done with the ticked alerts, and the way to the keys. */
import { Button } from 'react-aria-components';
import { counted, t } from '@/shared/language/language';
import type { BulkKind } from './bulkWords';
import type { Selection } from './useSelection';

interface Props {
  selection: Selection;
  shown: number;
  mayDismiss: boolean;
  onAsk: (kind: BulkKind) => void;
  onHelp: () => void;
}

export function SelectionBar({ selection, shown, mayDismiss, onAsk, onHelp }: Props) {
  const count = selection.alerts.length;
  if (count === 0)
    return (
      <Button className="button ms-auto max-sm:hidden" data-quiet onPress={onHelp}>
        {t('Keys')}
        <kbd aria-hidden="true" className="rounded border border-stroke px-1.5 text-xs">
          ?
        </kbd>
      </Button>
    );
  return (
    <div role="group" aria-label={t('Selected alerts')} className="ms-auto flex flex-wrap items-center gap-2">
      <p className="figures text-sm font-semibold">{counted(count, '{count} selected', '{count} selected')}</p>
      <Button className="button" onPress={() => onAsk('acknowledge')}>
        {t('Acknowledge…')}
      </Button>
      <Button className="button" onPress={() => onAsk('snooze')}>
        {t('Snooze…')}
      </Button>
      {mayDismiss && (
        <Button className="button" onPress={() => onAsk('dismiss')}>
          {t('Dismiss…')}
        </Button>
      )}
      {count < shown && (
        <Button className="button" data-quiet onPress={selection.all}>
          {t('Select all {count}', { count: shown })}
        </Button>
      )}
      <Button className="button" data-quiet onPress={selection.clear}>
        {t('Clear the selection')}
      </Button>
    </div>
  );
}
