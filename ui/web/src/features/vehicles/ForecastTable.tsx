/** What may fail within 72 hours, worst first, with how sure the forecast is. */
import { useQuery } from '@tanstack/react-query';
import type { Forecast } from '@/api';
import { Failed } from '@/shared/page/Notice';
import { Exact } from '@/shared/time/Ago';
import { forecastQuery } from './vehicles.queries';

export function ForecastTable({ vehicleId }: { vehicleId: string }) {
  const forecast = useQuery(forecastQuery(vehicleId));
  if (forecast.isPending) return <p role="status">Loading the forecast…</p>;
  if (forecast.isError) return <Failed what="the forecast" error={forecast.error} onRetry={() => void forecast.refetch()} />;
  const risks = [...forecast.data.items].sort((a, b) => b.probability - a.probability);
  const made = risks[0]?.madeAt;
  if (!made) return <p className="text-muted">There is no forecast for this vehicle yet.</p>;
  return (
    <>
      <table className="w-full text-sm">
        <caption className="mb-2 text-left text-muted">
          Made <Exact at={made} />. The range holds the true risk nine times out of ten.
        </caption>
        <thead>
          <tr className="border-b border-line text-left">
            <th scope="col" className="py-1.5 font-semibold">
              Part
            </th>
            <th scope="col" className="py-1.5 text-right font-semibold">
              Risk
            </th>
            <th scope="col" className="py-1.5 text-right font-semibold">
              Range
            </th>
          </tr>
        </thead>
        <tbody>
          {risks.map((risk) => (
            <RiskRow key={risk.component} risk={risk} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function RiskRow({ risk }: { risk: Forecast }) {
  return (
    <tr className="border-b border-line last:border-b-0">
      <th scope="row" className="py-2 text-left font-normal">
        {risk.component.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase())}
      </th>
      <td className="py-2 text-right font-semibold">{percent(risk.probability)}</td>
      <td className="py-2 text-right whitespace-nowrap text-muted">
        {percent(risk.lower)} to {percent(risk.upper)}
      </td>
    </tr>
  );
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en-GB', { maximumFractionDigits: share < 0.1 ? 1 : 0 })} %`;
}
