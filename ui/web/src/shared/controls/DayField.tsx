/** One day, by the browser's own date field. */
import { useId } from 'react';

interface Props {
  label: string;
  /** "2026-11-24" */
  day: string | undefined;
  onChange: (day: string | undefined) => void;
}

export function DayField({ label, day, onChange }: Props) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-xs font-medium text-muted">
        {label}
      </label>
      <input
        id={id}
        type="date"
        className="field text-sm"
        value={day ?? ''}
        onChange={({ target }) => onChange(target.value || undefined)}
      />
    </div>
  );
}
