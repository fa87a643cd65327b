/** A value on a line from zero to the most, with the range it may lie in; said in words for those who do not see it. */
import { t } from '@/shared/language/language';
import { figure } from '@/shared/language/numbers';

interface Props {
  value: number;
  lower: number;
  upper: number;
  most: number;
  words?: (value: number) => string;
}

export function RangeBar({ value, lower, upper, most, words = figure }: Props) {
  const at = (place: number) => `${(Math.min(most, Math.max(0, place)) / most) * 100}%`;
  return (
    <span className="inline-flex items-center gap-2">
      <span aria-hidden="true" className="relative inline-block h-3 w-28 rounded-full border border-stroke bg-sunken">
        <span
          className="absolute inset-y-0.5 rounded-full bg-series opacity-50"
          style={{ insetInlineStart: at(lower), width: `calc(${at(upper)} - ${at(lower)})` }}
        />
        <span className="absolute -inset-y-1 w-0.5 bg-ink" style={{ insetInlineStart: at(value) }} />
      </span>
      <span className="figures text-sm whitespace-nowrap text-muted">
        {t('{low} to {high}', { low: words(lower), high: words(upper) })}
      </span>
    </span>
  );
}
