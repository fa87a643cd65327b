/** A time of day, typed as 22:00: one stop for the keyboard, and the same in every browser. */
import { FieldError, Input, Label, TextField } from 'react-aria-components';
import { t } from '@/shared/language/language';

const CLOCK = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;

export function isClock(time: string): boolean {
  return CLOCK.test(time);
}

interface Props {
  label: string;
  /** "22:00", or what is being typed. */
  time: string;
  onChange: (time: string) => void;
}

export function TimeField({ label, time, onChange }: Props) {
  return (
    <TextField
      value={time}
      onChange={onChange}
      isInvalid={!isClock(time)}
      validationBehavior="aria"
      className="flex min-w-0 flex-col gap-1"
    >
      <Label className="text-xs font-medium text-muted">{label}</Label>
      <Input className="field text-sm" autoComplete="off" inputMode="numeric" placeholder="22:00" />
      <FieldError className="text-sm font-medium text-high-ink">{t('Write it as 22:00.')}</FieldError>
    </TextField>
  );
}
