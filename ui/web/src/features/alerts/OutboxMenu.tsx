/** What waits to be sent, and what was refused: seen, and taken back if one likes. */
import { useEffect } from 'react';
import { Button, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components';
import { counted, t } from '@/shared/language/language';
import { useLineState } from '@/shared/live/LiveProvider';
import { waits } from '@/shared/offline/outbox';
import { Exact } from '@/shared/time/Ago';
import { alertOutbox, type AlertEntry } from './alertOutbox';
import { useOutbox } from './useOutbox';

export function OutboxMenu() {
  const { status } = useLineState();
  const entries = useOutbox();
  useEffect(() => {
    void (status === 'live' ? alertOutbox.flush() : alertOutbox.load());
  }, [status]);
  if (entries.length === 0) return null;
  const refused = entries.filter((entry) => !waits(entry)).length;
  return (
    <DialogTrigger>
      <Button className="button figures">
        {refused > 0
          ? counted(refused, '{count} not applied', '{count} not applied')
          : counted(entries.length, '{count} waits', '{count} wait')}
      </Button>
      <Popover className="popover w-80" placement="bottom end">
        <Dialog className="p-3 outline-none">
          <Heading slot="title" className="font-semibold">
            {t('Waiting to be sent')}
          </Heading>
          <p className="mt-1 text-sm text-muted">{t('Sent in your name as soon as the server can be reached.')}</p>
          <ul className="mt-2 divide-y divide-line">
            {entries.map((entry) => (
              <Item key={entry.id} entry={entry} />
            ))}
          </ul>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Item({ entry }: { entry: AlertEntry }) {
  const verb = waits(entry) ? t('Take back') : t('Put away');
  return (
    <li className="flex items-center justify-between gap-2 py-2">
      <div className="min-w-0 text-sm">
        <p className="font-medium wrap-anywhere">{entry.label}</p>
        {entry.deed.kind === 'comment' && <p className="wrap-anywhere">{entry.deed.text}</p>}
        <p className="text-muted">
          <Exact at={entry.at} />
        </p>
        {entry.refusal && <p className="font-medium text-high-ink">{t('Not applied: {reason}', { reason: entry.refusal })}</p>}
      </div>
      <Button className="button" aria-label={`${verb}: ${entry.label}`} onPress={() => void alertOutbox.remove(entry.id)}>
        {verb}
      </Button>
    </li>
  );
}
