/** Why we think so: each reason in words, what was seen, what was expected, and its weight. */
import { localeInUse, t } from '@/shared/language/language';
import { inReaderUnits } from '@/shared/reader/units';
import type { Evidence } from './alert';

export function EvidenceList({ evidence }: { evidence: readonly Evidence[] }) {
  if (evidence.length === 0)
    return <p className="text-muted">{t('No single reason stands out; the model judged the pattern as a whole.')}</p>;
  return (
    <ul className="flex flex-col gap-5">
      {evidence.map((reason) => (
        <li key={`${reason.signal} ${reason.text}`}>
          <p className="font-medium">{reason.text}</p>
          <dl className="figures mt-1 flex flex-wrap gap-x-6 gap-y-1 text-sm text-muted">
            <Figure name={t('Observed')} value={reason.observed} unit={reason.unit} />
            <Figure name={t('Expected')} value={reason.expected} unit={reason.unit} />
          </dl>
          {reason.contribution !== null && <Weight share={reason.contribution} />}
        </li>
      ))}
    </ul>
  );
}

function Figure({ name, value, unit }: { name: string; value: number | null; unit: string }) {
  if (value === null) return null;
  const shown = inReaderUnits(value, unit);
  return (
    <div className="flex gap-1.5">
      <dt>{name}</dt>
      <dd className="font-semibold text-ink">
        {rounded(shown.value)} {shown.unit}
      </dd>
    </div>
  );
}

function Weight({ share }: { share: number }) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div className="mt-2 flex items-center gap-3">
      <div aria-hidden="true" className="h-2.5 w-full max-w-72 overflow-hidden rounded-full border border-stroke bg-sunken">
        <div className="h-full bg-accent" style={{ width: `${percent}%` }} />
      </div>
      <p className="figures text-sm whitespace-nowrap text-muted">{t('{percent} % of the decision', { percent })}</p>
    </div>
  );
}

function rounded(value: number): string {
  return value.toLocaleString(localeInUse(), { maximumSignificantDigits: Math.abs(value) >= 1000 ? 4 : 3 });
}
