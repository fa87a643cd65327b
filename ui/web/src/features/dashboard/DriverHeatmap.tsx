/** Drivers by behaviour: a table whose cells carry their points as number and as colour. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { DriverScore } from '@/api';
import { bandOf, behaviourInWords, TONE } from '@/features/drivers/driver';
import { rankingQuery } from '@/features/drivers/drivers.queries';
import { t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';

const SHOWN = 20;

export function DriverHeatmap() {
  const ranking = useQuery(rankingQuery);
  return (
    <Loaded query={ranking} what={t('the driver scores')}>
      {({ drivers, rules }) => {
        const scored = drivers.filter(({ score }) => score !== null);
        if (scored.length === 0)
          return <p className="text-muted">{t('A driver has a score from {km} km on.', { km: rules.leastKm })}</p>;
        return <Heatmap drivers={scored.slice(-SHOWN).reverse()} of={scored.length} />;
      }}
    </Loaded>
  );
}

function Heatmap({ drivers, of }: { drivers: readonly DriverScore[]; of: number }) {
  const behaviours = [...new Set(drivers.flatMap(({ contributions }) => contributions.map(({ behaviour }) => behaviour)))];
  return (
    <>
      <p className="mb-3 max-w-prose text-sm text-muted">
        {t('Points from 0 to 100 for each behaviour, the drivers with the lowest scores first: {count} of {all}.', {
          count: drivers.length,
          all: of,
        })}
      </p>
      <div
        role="region"
        aria-label={t('Table: {title}', { title: t('How drivers drive') })}
        tabIndex={0}
        className="overflow-x-auto"
      >
        <table className="w-full border-separate border-spacing-0.5 text-sm">
          <caption className="sr-only">{t('How drivers drive')}</caption>
          <thead>
            <tr>
              <th scope="col" className="pe-2 align-bottom font-semibold">
                {t('Driver')}
              </th>
              {behaviours.map((behaviour) => (
                <th key={behaviour} scope="col" className="min-w-16 px-1 text-center align-bottom text-xs font-semibold">
                  {t(behaviourInWords(behaviour))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {drivers.map((driver) => (
              <DriverRow key={driver.driverId} driver={driver} behaviours={behaviours} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function DriverRow({ driver: { driverId, contributions }, behaviours }: { driver: DriverScore; behaviours: readonly string[] }) {
  return (
    <tr>
      <th scope="row" className="pe-2 font-normal">
        <Link
          to="/drivers/$driverId"
          params={{ driverId }}
          aria-label={t('Open driver {driver}', { driver: driverId })}
          className="link inline-flex min-h-11 min-w-11 items-center whitespace-nowrap"
        >
          {driverId}
        </Link>
      </th>
      {behaviours.map((behaviour) => (
        <Cell key={behaviour} points={contributions.find((one) => one.behaviour === behaviour)?.points} />
      ))}
    </tr>
  );
}

function Cell({ points }: { points: number | undefined }) {
  if (points === undefined)
    return (
      <td className="rounded bg-sunken text-center text-muted">
        <span aria-hidden="true">–</span>
        <span className="sr-only">{t('not measured')}</span>
      </td>
    );
  return (
    <td data-value={points} className={`rounded text-center font-semibold ${TONE[bandOf(points)]}`}>
      {Math.round(points)}
    </td>
  );
}
