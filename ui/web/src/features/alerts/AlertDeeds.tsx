/** What people do with an alert: say whether it was right, take it on, resolve it, leave a note. */
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { Button, Form, Label, TextArea, TextField } from 'react-aria-components';
import { Choice } from '@/shared/controls/Choice';
import { t } from '@/shared/language/language';
import { inWords } from '@/shared/problem';
import { isLive, REASON_WORDS, type Alert, type AlertDetail, type DismissalReason } from './alert';
import type { Deed, DeedKind } from './alertDeed';
import { DEED_WORDS } from './deedWords';
import { DONE_WORDS } from './doneWords';
import { HandOver } from './HandOver';
import { useDeedAloud } from './useDeedAloud';
import { useUndoable } from './useUndoable';

export type Act = (deed: Deed, onDone?: () => void) => void;

const REASONS = Object.keys(REASON_WORDS) as DismissalReason[];

export function AlertDeeds({ alert }: { alert: AlertDetail }) {
  const { act: perform, ...deed } = useDeedAloud();
  const act: Act = (asked, onDone) => perform(alert, asked, onDone);
  const isUndoable = useUndoable(alert);
  const pending = deed.isPending ? deed.variables.deed.kind : undefined;
  return (
    <div className="flex flex-col gap-5">
      <Judge alert={alert} act={act} pending={pending} />
      <div className="flex flex-wrap gap-2">
        {isLive(alert.state) ? (
          <>
            {alert.state !== 'IN_PROGRESS' && <DeedButton deed={{ kind: 'assign' }} act={act} pending={pending} />}
            <DeedButton deed={{ kind: 'resolve' }} act={act} pending={pending} />
          </>
        ) : (
          <DeedButton deed={{ kind: 'reopen' }} act={act} pending={pending} />
        )}
        {isUndoable && <DeedButton deed={{ kind: 'undo' }} act={act} pending={pending} />}
      </div>
      {isLive(alert.state) && <HandOver key={alert.assignedTo} alert={alert} act={act} pending={pending} />}
      <NoteForm act={act} pending={pending} />
      {deed.isSuccess && (
        <Done
          key={deed.submittedAt}
          sentence={deed.data === 'waits' ? t('It waits for a connection.') : `${t(DONE_WORDS[deed.variables.deed.kind])}.`}
        />
      )}
      {deed.isError && <p className="text-sm font-medium text-high-ink">{inWords(deed.error)}</p>}
    </div>
  );
}

export interface Doing {
  act: Act;
  pending: DeedKind | undefined;
}

function Judge({ alert, act, pending }: Doing & { alert: Alert }) {
  const [reason, setReason] = useState<DismissalReason>(alert.dismissalReason ?? 'FALSE_ALARM');
  const unchanged = alert.verdict === 'DISMISSED' && alert.dismissalReason === reason;
  return (
    <div role="group" aria-label={t('Was this alert right?')} className="flex flex-col gap-3">
      <p className="text-sm text-muted">
        {t('Was this alert right?')} {t(SAID[alert.verdict ?? 'NOTHING'])}
      </p>
      {alert.verdict !== 'CONFIRMED' && <DeedButton deed={{ kind: 'confirm' }} act={act} pending={pending} />}
      <Choice
        label={t('If not, why')}
        options={REASONS.map((key) => ({ key, label: t(REASON_WORDS[key]) }))}
        chosen={reason}
        onChoose={setReason}
      />
      {!unchanged && <DeedButton deed={{ kind: 'dismiss', reason }} act={act} pending={pending} />}
    </div>
  );
}

const SAID = {
  CONFIRMED: 'It was confirmed. The last answer counts.',
  DISMISSED: 'It was dismissed. The last answer counts.',
  NOTHING: 'Your answer teaches the next models.',
};

function NoteForm({ act, pending }: Doing) {
  const [text, setText] = useState('');
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim()) act({ kind: 'comment', text: text.trim() }, () => setText(''));
  };
  return (
    <Form onSubmit={send} className="flex flex-col items-start gap-2">
      <TextField value={text} onChange={setText} maxLength={2000} className="flex w-full flex-col gap-1">
        <Label className="text-xs font-medium text-muted">{t('Note for the history')}</Label>
        <TextArea rows={2} className="field text-sm" />
      </TextField>
      <Button type="submit" className="button" isPending={pending === 'comment'} isDisabled={!text.trim()}>
        {t(pending === 'comment' ? DEED_WORDS.comment.pending : DEED_WORDS.comment.verb)}
      </Button>
    </Form>
  );
}

function DeedButton({ deed, act, pending }: Doing & { deed: Deed }) {
  const busy = pending === deed.kind;
  return (
    <Button className="button" isPending={busy} isDisabled={pending !== undefined && !busy} onPress={() => act(deed)}>
      {t(busy ? DEED_WORDS[deed.kind].pending : DEED_WORDS[deed.kind].verb)}
    </Button>
  );
}

/** Takes the focus: the button that was pressed may be gone. */
function Done({ sentence }: { sentence: string }) {
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <p ref={place} tabIndex={-1} className="text-sm font-semibold text-good-ink outline-none">
      {sentence}
    </p>
  );
}
