/** Asks before one deed is done on several alerts, and tells afterwards which were refused. */
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { Choice } from '@/shared/controls/Choice';
import { Overlay } from '@/shared/controls/Overlay';
import { counted, t } from '@/shared/language/language';
import { SEVERITIES, SEVERITY_WORD } from '@/shared/severity/severity';
import { nameOf, REASON_WORDS, type Alert, type DismissalReason } from './alert';
import type { Deed } from './alertDeed';
import { BULK_WORDS, type BulkKind } from './bulkWords';
import { NAP_WORDS, NAPS, snoozeOf, type Nap } from './snooze';
import { useBulkDeed, type Refusal } from './useBulkDeed';

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
  const [nap, setNap] = useState<Nap>('hour');
  const { mutate, isPending, data, progress } = useBulkDeed(onChanged);
  const words = BULK_WORDS[kind];
  useFocusKept();
  const close = () => isPending || onClose(data !== undefined);
  const send = () => mutate({ alerts, deed: deedOf(kind, reason, nap) });
  return (
    <Overlay title={counted(alerts.length, ...words.title)} onClose={close}>
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
          {kind === 'snooze' && (
            <>
              <Choice
                label={t('How long')}
                options={NAPS.map((key) => ({ key, label: t(NAP_WORDS[key]) }))}
                chosen={nap}
                onChoose={setNap}
              />
              <p className="mt-3 text-sm text-muted">
                {t('Nobody sees it in the list or is reminded of it until then. It is back at once if it gets worse.')}
              </p>
            </>
          )}
        </>
      )}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button className="button" onPress={close} isDisabled={isPending}>
          {data ? t('Close') : t('Cancel')}
        </Button>
        {!data && (
          <Button className="button" data-primary isPending={isPending} onPress={send}>
            {isPending
              ? t('{done} of {count} done', { done: progress, count: alerts.length })
              : counted(alerts.length, ...words.verb)}
          </Button>
        )}
      </div>
    </Overlay>
  );
}

function deedOf(kind: BulkKind, reason: DismissalReason, nap: Nap): Deed {
  if (kind === 'dismiss') return { kind, reason };
  return kind === 'snooze' ? { kind, time: snoozeOf(nap, Date.now()) } : { kind };
}

/** What is snoozed leaves the list, and with it the place to which the focus would go back: then the next alert has it. */
function useFocusKept(): void {
  const rows = () => [...document.querySelectorAll('[data-alert]')];
  const [place] = useState(() => rows().findIndex((row) => row.contains(document.activeElement)));
  useEffect(
    () => () => {
      const move = () => {
        const next = rows()[place] ?? rows().at(-1);
        if (place >= 0 && document.activeElement === document.body) next?.querySelector('a')?.focus();
      };
      requestAnimationFrame(() => requestAnimationFrame(move)); // after the dialog has tried to give it back
    },
    [place],
  );
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
  return (
    <div className="my-3">
      <p ref={place} tabIndex={-1} className="font-medium outline-none">
        {counted(done, ...BULK_WORDS[kind].done)}
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
