/** The share of the fleet that is expected to fail within 72 hours, and the worst risks by name. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Forecast } from '@/api';
import { Gauge } from '@/shared/chart/Gauge';
import { counted, t } from '@/shared/language/language';
import { percent } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';
import { componentInWords } from '@/features/vehicles/vehicle';
import { risksQuery, type Rows } from './dashboard.queries';
import { failureRate } from './failureRate';

const WORST = 5;

export function FailureGauge() {
  const risks = useQuery(risksQuery);
  return (
    <Loaded query={risks} what={t('the forecasts')}>
      {(rows) => <Rate rows={rows} />}
    </Loaded>
  );
}

function Rate({ rows }: { rows: Rows<Forecast> }) {
  const rate = failureRate(rows.items);
  if (!rate) return <p className="text-muted">{t('There is no forecast yet.')}</p>;
  const words = t('{share} of {vehicles} vehicles are expected to have a failing part within 72 hours.', {
    share: percent(rate.value),
    vehicles: rate.vehicles,
  });
  const range = t('With what is not known, it may be {lower} to {upper}.', {
    lower: percent(rate.lower),
    upper: percent(rate.upper),
  });
  return (
    <>
      <p className="mb-3 max-w-prose text-sm text-muted">
        {words} {range}{' '}
        {!rows.isAll &&
          counted(rows.items.length, 'Only the highest risk counts here.', 'Only the {count} highest risks count here.')}
      </p>
      <Gauge label={t('Share of vehicles expected to fail within 72 hours')} {...rate} />
      <WorstRisks risks={rows.items.slice(0, WORST)} />
    </>
  );
}

function WorstRisks({ risks }: { risks: readonly Forecast[] }) {
  return (
    <table className="mt-4 w-full text-sm">
      <caption className="mb-1 text-left font-semibold">{t('The highest risks')}</caption>
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
            <th scope="row" className="text-left font-normal">
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
            <td className="text-right font-semibold">{percent(probability)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
