/** The share of the fleet that is expected to fail within 72 hours, and the worst risks by name. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { FailureRate, Forecast } from '@/api';
import { Gauge } from '@/shared/chart/Gauge';
import { t } from '@/shared/language/language';
import { percent } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';
import { componentInWords } from '@/features/vehicles/vehicle';
import { failureRateQuery, worstRisksQuery } from './dashboard.queries';

export function FailureGauge() {
  const rate = useQuery(failureRateQuery);
  return (
    <Loaded query={rate} what={t('the forecasts')}>
      {(found) => <Rate rate={found} />}
    </Loaded>
  );
}

function Rate({ rate: { vehicles, value, lower, upper } }: { rate: FailureRate }) {
  const worst = useQuery(worstRisksQuery);
  if (value === null || lower === null || upper === null) return <p className="text-muted">{t('There is no forecast yet.')}</p>;
  const words = t('{share} of {vehicles} vehicles are expected to have a failing part within 72 hours.', {
    share: percent(value),
    vehicles,
  });
  const range = t('With what is not known, it may be {lower} to {upper}.', { lower: percent(lower), upper: percent(upper) });
  return (
    <>
      <p className="mb-3 max-w-prose text-sm text-muted">
        {words} {range}
      </p>
      <Gauge label={t('Share of vehicles expected to fail within 72 hours')} value={value} lower={lower} upper={upper} />
      <Loaded query={worst} what={t('the highest risks')}>
        {(risks) => <WorstRisks risks={risks} />}
      </Loaded>
    </>
  );
}

function WorstRisks({ risks }: { risks: readonly Forecast[] }) {
  return (
    <table className="mt-4 w-full text-sm">
      <caption className="mb-1 text-start font-semibold">{t('The highest risks')}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">{t('Vehicle')}</th>
          <th scope="col">{t('Part')}</th>
          <th scope="col">{t('Risk')}</th>
        </tr>
      </thead>
      <tbody>
        {risks.map(({ vehicleId, component, probability }) => (
          <tr key={`${vehicleId} ${component}`} className="border-b border-line last:border-b-0">
            <th scope="row" className="font-normal">
              <Link
                to="/vehicles/$vehicleId"
                params={{ vehicleId }}
                aria-label={t('Open vehicle {vehicle}', { vehicle: vehicleId })}
                className="link inline-flex min-h-11 min-w-11 items-center"
              >
                {vehicleId}
              </Link>
            </th>
            <td className="px-3">{componentInWords(component)}</td>
            <td className="text-end font-semibold">{percent(probability)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
