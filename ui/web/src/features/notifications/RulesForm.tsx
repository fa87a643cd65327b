/** Reminders of alerts that nobody takes, whom they are passed on to, and hours in which browsers are left in peace. */
import { useState, type SyntheticEvent } from 'react';
import { Button, Form } from 'react-aria-components';
import { Choice } from '@/shared/controls/Choice';
import { WentWrong } from '@/shared/controls/WentWrong';
import { t } from '@/shared/language/language';
import { SEVERITIES, SEVERITY_WORD } from '@/shared/severity/severity';
import { EscalationSteps } from './EscalationSteps';
import { afterMinutes, MINUTES } from './minutes';
import { useSaveRules, type NotificationRules } from './notifications.queries';
import { isClock, TimeField } from './TimeField';

const NEVER = 'never';
const USUAL_SEVERITY = 'HIGH';
const NIGHT = { from: '22:00', until: '06:00' };

export function RulesForm({ kept }: { kept: NotificationRules }) {
  const [wish, setWish] = useState(kept);
  const save = useSaveRules();
  const change = (part: Partial<NotificationRules>) => {
    save.reset();
    setWish({ ...wish, ...part });
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const hours = wish.quietHours;
    if (!hours || (isClock(hours.from) && isClock(hours.until))) save.mutate(wish);
  };
  return (
    <Form onSubmit={submit} className="card flex flex-col gap-5 px-5 py-5">
      <h2 className="font-semibold">{t('Reminders and quiet hours')}</h2>
      <div className="grid gap-4 sm:grid-cols-2">
        <Choice
          label={t('Remind of alerts that nobody takes')}
          options={minutesFor(kept.remindAfterMin)}
          chosen={wish.remindAfterMin === null ? NEVER : String(wish.remindAfterMin)}
          onChoose={(key) => change({ remindAfterMin: key === NEVER ? null : Number(key) })}
        />
        <Choice
          label={t('From which severity on')}
          options={SEVERITIES.map((key) => ({ key, label: t(SEVERITY_WORD[key]) }))}
          chosen={wish.remindSeverity ?? USUAL_SEVERITY}
          onChoose={(remindSeverity) => change({ remindSeverity })}
        />
        <Choice
          label={t('Quiet hours')}
          options={[
            { key: 'off', label: t('None') },
            { key: 'on', label: t('Each night, or whenever you say') },
          ]}
          chosen={wish.quietHours ? 'on' : 'off'}
          onChoose={(key) => change({ quietHours: key === 'on' ? (kept.quietHours ?? NIGHT) : null })}
        />
        {wish.quietHours && <QuietHours hours={wish.quietHours} zone={wish.timezone ?? 'UTC'} onChange={change} />}
      </div>
      <EscalationSteps steps={wish.escalation ?? []} onChange={(escalation) => change({ escalation })} />
      <p className="max-w-prose text-sm text-muted">
        {t('In quiet hours browsers are told only when they end. Critical alerts break through, and systems are told at once.')}
      </p>
      <WentWrong error={save.error} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" className="button" data-primary isPending={save.isPending}>
          {save.isPending ? t('One moment…') : t('Save')}
        </Button>
        <span role="status" className="text-sm font-medium text-good-ink">
          {save.isSuccess && t('Saved.')}
        </span>
      </div>
    </Form>
  );
}

/** The usual ones, and what the fleet has chosen elsewhere. */
function minutesFor(kept: number | null) {
  const minutes = [...new Set<number>([...MINUTES, ...(kept === null ? [] : [kept])])].sort((a, b) => a - b);
  return [{ key: NEVER, label: t('Never') }, ...minutes.map((each) => ({ key: String(each), label: afterMinutes(each) }))];
}

interface QuietProps {
  hours: { from: string; until: string };
  zone: string;
  onChange: (part: Partial<NotificationRules>) => void;
}

function QuietHours({ hours, zone, onChange }: QuietProps) {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')].map((key) => ({ key, label: key }));
  return (
    <>
      <Choice label={t('Time zone')} options={zones} chosen={zone} onChoose={(timezone) => onChange({ timezone })} />
      <div className="grid grid-cols-2 gap-4">
        <TimeField label={t('From')} time={hours.from} onChange={(from) => onChange({ quietHours: { ...hours, from } })} />
        <TimeField label={t('Until')} time={hours.until} onChange={(until) => onChange({ quietHours: { ...hours, until } })} />
      </div>
    </>
  );
}
