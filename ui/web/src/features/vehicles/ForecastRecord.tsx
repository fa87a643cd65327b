/** How well past forecasts of each part held; where that is not known, why not. */
import type { PastForecasts } from '@/api';
import { t } from '@/shared/language/language';
import { heldInWords } from './record';
import { componentInWords } from './vehicle';

export function ForecastRecord({ record }: { record: readonly PastForecasts[] }) {
  return (
    <div className="mt-4 max-w-prose text-sm">
      <h3 className="mb-1 font-semibold">{t('How past forecasts held')}</h3>
      <Held record={record} />
    </div>
  );
}

function Held({ record }: { record: readonly PastForecasts[] }) {
  if (record.length === 0) {
    return <p className="text-muted">{t('No forecast is 72 hours old yet, so whether they hold is not known.')}</p>;
  }
  if (record.every(({ failed }) => failed === null)) {
    return (
      <p className="text-muted">
        {t('No workshop visits of that time are recorded for this fleet, so whether past forecasts held is not known.')}
      </p>
    );
  }
  return (
    <>
      <dl>
        {record.map((past) => (
          <div key={past.component} className="border-b border-line py-1.5 last:border-b-0">
            <dt className="font-medium wrap-anywhere">{componentInWords(past.component)}</dt>
            <dd className="figures">{heldInWords(past)}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-2 text-muted">
        {t('A forecast came true if the part failed within 72 hours after it. A failure that nobody recorded counts as none.')}
      </p>
    </>
  );
}
