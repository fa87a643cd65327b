/** What people do with an alert: say whether it was right, take it on, resolve it, leave a note. */
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { Button, Form, Label, TextArea, TextField } from 'react-aria-components';
import { useAnnounce } from '@/shared/announcer/Announcer';
import { Choice } from '@/shared/controls/Choice';
import { inWords } from '@/shared/problem';
import { isLive, nameOf, REASON_WORDS, type Alert, type DismissalReason } from './alert';
import { useDeed, type Deed } from './alerts.queries';

type Kind = Deed['kind'];
type Act = (deed: Deed, onDone?: () => void) => void;

const REASONS = (Object.keys(REASON_WORDS) as DismissalReason[]).map((key) => ({ key, label: REASON_WORDS[key] }));
const WORDS: Record<Kind, { verb: string; pending: string; done: string }> = {
  confirm: { verb: 'Confirm', pending: 'Confirming…', done: 'Confirmed as right' },
  dismiss: { verb: 'Dismiss', pending: 'Dismissing…', done: 'Dismissed' },
  assign: { verb: 'Take it on', pending: 'Taking it on…', done: 'It is in your hands' },
  resolve: { verb: 'Resolve', pending: 'Resolving…', done: 'Resolved' },
  comment: { verb: 'Add note', pending: 'Adding…', done: 'Note added' },
};

export function AlertDeeds({ alert }: { alert: Alert }) {
  const announce = useAnnounce();
  const { mutate, ...deed } = useDeed(alert.id);
  const act: Act = (asked, onDone) =>
    mutate(asked, {
      onSuccess: () => {
        announce(`${WORDS[asked.kind].done}: ${nameOf(alert)}`);
        onDone?.();
      },
      onError: (problem) => announce(`Not done: ${inWords(problem)}`),
    });
  const pending = deed.isPending ? deed.variables.kind : undefined;
  return (
    <div className="flex flex-col gap-5">
      <Judge alert={alert} act={act} pending={pending} />
      {isLive(alert.state) && (
        <div className="flex flex-wrap gap-2">
          {alert.state !== 'IN_PROGRESS' && <DeedButton deed={{ kind: 'assign' }} act={act} pending={pending} />}
          <DeedButton deed={{ kind: 'resolve' }} act={act} pending={pending} />
        </div>
      )}
      <NoteForm act={act} pending={pending} />
      {deed.isSuccess && <Done key={deed.submittedAt} sentence={`${WORDS[deed.variables.kind].done}.`} />}
      {deed.isError && <p className="text-sm font-medium text-high-ink">{inWords(deed.error)}</p>}
    </div>
  );
}

interface Doing {
  act: Act;
  pending: Kind | undefined;
}

function Judge({ alert, act, pending }: Doing & { alert: Alert }) {
  const [reason, setReason] = useState<DismissalReason>(alert.dismissalReason ?? 'FALSE_ALARM');
  const unchanged = alert.verdict === 'DISMISSED' && alert.dismissalReason === reason;
  return (
    <div role="group" aria-label="Was this alert right?" className="flex flex-col gap-3">
      <p className="text-sm text-muted">Was this alert right? {SAID[alert.verdict ?? 'NOTHING']}</p>
      {alert.verdict !== 'CONFIRMED' && <DeedButton deed={{ kind: 'confirm' }} act={act} pending={pending} />}
      <Choice label="If not, why" options={REASONS} chosen={reason} onChoose={setReason} />
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
        <Label className="text-xs font-medium text-muted">Note for the history</Label>
        <TextArea rows={2} className="field text-sm" />
      </TextField>
      <Button type="submit" className="button" isPending={pending === 'comment'} isDisabled={!text.trim()}>
        {pending === 'comment' ? WORDS.comment.pending : WORDS.comment.verb}
      </Button>
    </Form>
  );
}

function DeedButton({ deed, act, pending }: Doing & { deed: Deed }) {
  const { verb, pending: doing } = WORDS[deed.kind];
  const busy = pending === deed.kind;
  return (
    <Button className="button" isPending={busy} isDisabled={pending !== undefined && !busy} onPress={() => act(deed)}>
      {busy ? doing : verb}
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
