/** Fuel by driver beside the mean of the same class of vehicle. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { DriverScore } from '@/api';
import { rankingQuery } from '@/features/drivers/drivers.queries';
import { BarTable, type Bar } from '@/shared/chart/BarTable';
import { t } from '@/shared/language/language';
import { figure } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';

const SHOWN = 6;

export function FuelBars() {
  const ranking = useQuery(rankingQuery);
  return (
    <Loaded query={ranking} what={t('the fuel consumption')}>
      {({ drivers, rules }) => {
        const bars = thirstiest(drivers);
        if (bars.length === 0)
          return <p className="text-muted">{t('No vehicle has sent a fuel rate over enough distance yet.')}</p>;
        const caption = t(
          'The {count} drivers who burn most against their class, over {days} days. The line in each bar is the mean of the class.',
          { count: bars.length, days: rules.windowDays },
        );
        return <BarTable caption={caption} what={t('Driver')} measure={t('Litres per 100 km')} bars={bars} />;
      }}
    </Loaded>
  );
}

/** The highest consumption in relation to the class first; drivers without a fuel rate are left out, not shown as zero. */
export function thirstiest(drivers: readonly DriverScore[]): Bar[] {
  return drivers
    .flatMap(({ driverId, contributions }) => {
      const fuel = contributions.find(({ behaviour }) => behaviour === 'FUEL_CONSUMPTION');
      return fuel ? [{ driverId, ...fuel }] : [];
    })
    .sort((a, b) => b.observed / b.classMean - a.observed / a.classMean)
    .slice(0, SHOWN)
    .map(({ driverId, observed, classMean }) => ({
      key: driverId,
      label: <DriverLink driverId={driverId} />,
      value: observed,
      words: t('{value} (mean {mean})', { value: figure(observed), mean: figure(classMean) }),
      mark: classMean,
    }));
}

function DriverLink({ driverId }: { driverId: string }) {
  return (
    <Link
      to="/drivers/$driverId"
      params={{ driverId }}
      aria-label={t('Open driver {driver}', { driver: driverId })}
      className="link inline-flex min-h-11 min-w-11 items-center"
    >
      {driverId}
    </Link>
  );
}
