/** Asks before one deed is done on several alerts, and tells afterwards which were refused. */
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { Choice } from '@/shared/controls/Choice';
import { Overlay } from '@/shared/controls/Overlay';
import { counted, t } from '@/shared/language/language';
import { SEVERITIES, SEVERITY_WORD } from '@/shared/severity/severity';
import { nameOf, REASON_WORDS, type Alert, type DismissalReason } from './alert';
import type { Deed } from './alertDeed';
import { useBulkDeed, type Refusal } from './useBulkDeed';

export type BulkKind = 'acknowledge' | 'dismiss';

interface Props {
  kind: BulkKind;
  alerts: readonly Alert[];
  onChanged: (alert: Alert) => void;
  onClose: (isDone: boolean) => void;
}

const NAMED = 5;

export default function BulkDialog({ kind, alerts: chosen, onChanged, onClose }: Props) {
  const [alerts] = useState(chosen);
  const [reason, setReason] = useState<DismissalReason>('FALSE_ALARM');
  const { mutate, isPending, data, progress } = useBulkDeed(onChanged);
  const deed: Deed = kind === 'dismiss' ? { kind, reason } : { kind };
  const close = () => isPending || onClose(data !== undefined);
  return (
    <Overlay title={titleOf(kind, alerts.length)} onClose={close}>
      {data ? (
        <Outcome kind={kind} {...data} />
      ) : (
        <>
          <What alerts={alerts} />
          {kind === 'dismiss' && (
            <Choice
              label={t('Reason')}
              options={(Object.keys(REASON_WORDS) as DismissalReason[]).map((key) => ({ key, label: t(REASON_WORDS[key]) }))}
              chosen={reason}
              onChoose={setReason}
            />
          )}
        </>
      )}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button className="button" onPress={close} isDisabled={isPending}>
          {data ? t('Close') : t('Cancel')}
        </Button>
        {!data && (
          <Button className="button" data-primary isPending={isPending} onPress={() => mutate({ alerts, deed })}>
            {isPending ? t('{done} of {count} done', { done: progress, count: alerts.length }) : verbOf(kind, alerts.length)}
          </Button>
        )}
      </div>
    </Overlay>
  );
}

function titleOf(kind: BulkKind, count: number): string {
  return kind === 'dismiss'
    ? counted(count, 'Dismiss this alert?', 'Dismiss {count} alerts?')
    : counted(count, 'Acknowledge this alert?', 'Acknowledge {count} alerts?');
}

function verbOf(kind: BulkKind, count: number): string {
  return kind === 'dismiss'
    ? counted(count, 'Dismiss it', 'Dismiss all {count}')
    : counted(count, 'Acknowledge it', 'Acknowledge all {count}');
}

function What({ alerts }: { alerts: readonly Alert[] }) {
  const counts = SEVERITIES.map((severity) => [severity, alerts.filter((alert) => alert.severity === severity).length] as const);
  const words = counts.filter(([, count]) => count > 0).map(([severity, count]) => `${count} ${t(SEVERITY_WORD[severity])}`);
  return (
    <div className="my-3 text-muted">
      <p>{words.join(', ')}</p>
      <ul className="mt-2 list-disc ps-5 text-sm">
        {alerts.slice(0, NAMED).map((alert) => (
          <li key={alert.id}>{nameOf(alert)}</li>
        ))}
        {alerts.length > NAMED && <li>{t('and {count} more', { count: alerts.length - NAMED })}</li>}
      </ul>
    </div>
  );
}

/** Takes the focus: the button that was pressed is gone. */
function Outcome({ kind, done, refusals }: { kind: BulkKind; done: number; refusals: readonly Refusal[] }) {
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => place.current?.focus(), []);
  const words =
    kind === 'dismiss'
      ? counted(done, 'One alert was dismissed.', '{count} alerts were dismissed.')
      : counted(done, 'One alert was acknowledged.', '{count} alerts were acknowledged.');
  return (
    <div className="my-3">
      <p ref={place} tabIndex={-1} className="font-medium outline-none">
        {words}
      </p>
      {refusals.length > 0 && (
        <>
          <p className="mt-3 font-medium text-high-ink">
            {counted(refusals.length, 'One was refused:', '{count} were refused:')}
          </p>
          <ul className="mt-1 list-disc ps-5 text-sm">
            {refusals.map(({ alert, reason }) => (
              <li key={alert.id}>
                {nameOf(alert)}: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
