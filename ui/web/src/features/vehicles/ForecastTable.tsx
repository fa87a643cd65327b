/** What may fail and when, worst first, with how sure the forecast is and how well past ones held. */
import { useQuery } from '@tanstack/react-query';
import type { Forecast } from '@/api';
import { RangeBar } from '@/shared/chart/RangeBar';
import { t } from '@/shared/language/language';
import { percent } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';
import { Exact } from '@/shared/time/Ago';
import { ForecastRecord } from './ForecastRecord';
import { risksByPart, type PartRisk } from './risks';
import { componentInWords } from './vehicle';
import { forecastQuery } from './vehicles.queries';

export function ForecastTable({ vehicleId }: { vehicleId: string }) {
  const forecast = useQuery(forecastQuery(vehicleId));
  return (
    <Loaded query={forecast} what={t('the forecast')}>
      {({ items, record }) => (
        <>
          <Risks items={items} />
          {items.length > 0 && <ForecastRecord record={record} />}
        </>
      )}
    </Loaded>
  );
}

function Risks({ items }: { items: readonly Forecast[] }) {
  const { parts, horizons } = risksByPart(items);
  const made = parts[0]?.last.madeAt;
  if (!made) return <p className="text-muted">{t('There is no forecast for this vehicle yet.')}</p>;
  return (
    <>
      <p className="mb-3 max-w-prose text-sm text-muted">
        {t('Made')} <Exact at={made} />. {t('The range holds the true risk nine times out of ten.')}
      </p>
      <div role="region" aria-label={t('Risk of failure by part')} tabIndex={0} className="overflow-x-auto">
        <table className="w-full text-sm">
          <caption className="sr-only">{t('Risk of failure by part')}</caption>
          <thead>
            <tr className="border-b border-line">
              <th scope="col" className="py-1.5 pe-3 font-semibold">
                {t('Part')}
              </th>
              {horizons.map((hours) => (
                <th key={hours} scope="col" className="py-1.5 pe-3 text-end font-semibold whitespace-nowrap">
                  {t('In {hours} h', { hours })}
                </th>
              ))}
              <th scope="col" className="py-1.5 font-semibold">
                {t('Range in {hours} h', { hours: horizons.at(-1) ?? 0 })}
              </th>
            </tr>
          </thead>
          <tbody>
            {parts.map((part) => (
              <PartRow key={part.component} part={part} horizons={horizons} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function PartRow({ part: { component, byHorizon, last }, horizons }: { part: PartRisk; horizons: readonly number[] }) {
  return (
    <tr className="border-b border-line last:border-b-0">
      <th scope="row" className="py-2 pe-3 font-normal">
        {componentInWords(component)}
      </th>
      {horizons.map((hours) => {
        const risk = byHorizon.get(hours);
        return (
          <td key={hours} className="py-2 pe-3 text-end font-semibold">
            {risk ? percent(risk.probability) : t('not known')}
          </td>
        );
      })}
      <td className="py-2">
        <RangeBar value={last.probability} lower={last.lower} upper={last.upper} most={1} words={percent} />
      </td>
    </tr>
  );
}
