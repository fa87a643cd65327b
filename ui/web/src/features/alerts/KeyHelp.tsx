/** The keys of the alert desk, and the switch that turns them off. */
import { Button } from 'react-aria-components';
import { Overlay } from '@/shared/controls/Overlay';
import { enableSingleKeys, useSingleKeysEnabled } from '@/shared/keys/useSingleKeys';
import { t } from '@/shared/language/language';

const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['j', 'Next alert'],
  ['k', 'Previous alert'],
  ['Enter', 'Open the alert'],
  ['a', 'Acknowledge'],
  ['c', 'Confirm: the alert was right'],
  ['d', 'Dismiss, with a reason'],
  ['s', 'Snooze, for a time'],
  ['t', 'Take it on'],
  ['r', 'Resolve'],
  ['x', 'Select or unselect'],
  ['n', 'Show the new alerts'],
  ['p', 'Pause or resume live updates'],
  ['/', 'Search'],
  ['?', 'This help'],
];

export default function KeyHelp({ onClose }: { onClose: () => void }) {
  const enabled = useSingleKeysEnabled();
  return (
    <Overlay title={t('Work by keyboard')} onClose={onClose}>
      <p className="mt-2 text-muted">
        {t('The keys act on the alert that has the focus. With alerts selected, a, d and s act on all of them.')}
      </p>
      <table className="mt-3 w-full">
        <thead className="sr-only">
          <tr>
            <th scope="col">{t('Key')}</th>
            <th scope="col">{t('What it does')}</th>
          </tr>
        </thead>
        <tbody>
          {KEYS.map(([key, does]) => (
            <tr key={key} className="border-b border-line last:border-b-0">
              <th scope="row" className="w-20 py-1.5">
                <kbd className="rounded-md border border-stroke bg-sunken px-2 py-0.5 text-sm font-semibold">{key}</kbd>
              </th>
              <td className="py-1.5">{t(does)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="mt-5 flex flex-wrap justify-between gap-2">
        <Button className="button" onPress={() => enableSingleKeys(!enabled)}>
          {enabled ? t('Turn the keys off') : t('Turn the keys on')}
        </Button>
        <Button className="button" data-primary onPress={onClose}>
          {t('Close')}
        </Button>
      </div>
    </Overlay>
  );
}
