/** The difference that thresholds would have made: alerts by type and class, and what people said of those that would be gone. */
import type { BeforeAfter, ClassDifference } from '@/api';
import { TYPE_WORDS, type AlertType } from '@/features/alerts/alert';
import { counted, t } from '@/shared/language/language';
import { figure, percent } from '@/shared/language/numbers';
import { Table } from '@/shared/page/Table';
import type { BudgetOutcome } from './rules.queries';
import { COLUMN_WORDS } from './thresholds';

export function TrialOutcome({ outcome }: { outcome: BudgetOutcome }) {
  const { judged, vanishedTotal, classes, vehicles, vehiclesReporting } = outcome;
  return (
    <>
      <p className="mt-1 text-sm text-muted">
        {t('{vehicles} of {all} vehicles that reported were judged anew.', { vehicles, all: vehiclesReporting })}
      </p>
      <ul className="mt-3 flex list-disc flex-col gap-1 ps-5 text-sm">
        <li>{counted(vanishedTotal, 'One alert there would not have been.', '{count} alerts there would not have been.')}</li>
        <li>
          {t('Of {all} alerts that people confirmed, {gone} would be gone.', {
            all: judged.confirmed,
            gone: judged.confirmedGone,
          })}
        </li>
        <li>
          {t('Of {all} alerts that people dismissed, {gone} would be gone.', {
            all: judged.dismissed,
            gone: judged.dismissedGone,
          })}
        </li>
      </ul>
      <div className="mt-4 grid gap-x-8 gap-y-5 xl:grid-cols-2">
        {classes.length > 1 && <Difference title={t('All vehicles')} alerts={outcome.alerts} />}
        {classes.map((each) => (
          <Difference
            key={each.vehicleClass}
            title={titleOf(each)}
            alerts={each.alerts}
            beginsAt={(type) => outcome.classThresholds[each.vehicleClass]?.[type] ?? outcome.thresholds[type]}
          />
        ))}
      </div>
    </>
  );
}

function titleOf({ vehicleClass, vehicles, judged }: ClassDifference): string {
  const gone = judged.confirmedGone + judged.dismissedGone;
  const name = `${t(COLUMN_WORDS[vehicleClass])} (${vehicles})`;
  return gone ? `${name}: ${counted(gone, 'one judged alert would be gone', '{count} judged alerts would be gone')}` : name;
}

interface DifferenceProps {
  title: string;
  alerts: Partial<Record<AlertType, BeforeAfter>>;
  /** Undefined for the usual. */
  beginsAt?: (type: AlertType) => number | undefined;
}

function Difference({ title, alerts, beginsAt }: DifferenceProps) {
  const types = Object.keys(alerts) as AlertType[];
  return (
    <section className="min-w-0">
      <h3 className="font-medium">{title}</h3>
      {types.length === 0 ? (
        <p className="mt-1 text-sm text-muted">{t('No alerts, neither before nor after.')}</p>
      ) : (
        <div className="mt-2">
          <Table
            caption={t('{vehicles}: alerts by type, as it is and with these thresholds', { vehicles: title })}
            columns={[
              { label: t('Type') },
              { label: t('Before'), className: 'text-end' },
              { label: t('After'), className: 'text-end' },
              ...(beginsAt ? [{ label: t('Begins at'), className: 'text-end max-sm:hidden' }] : []),
            ]}
          >
            {types.map((type) => (
              <tr key={type} className="text-sm">
                <th scope="row" className="px-3 py-2 font-normal hyphens-auto wrap-anywhere">
                  {t(TYPE_WORDS[type])}
                </th>
                <td className="figures px-3 py-2 text-end">{figure(alerts[type]?.before ?? 0)}</td>
                <td className="figures px-3 py-2 text-end font-semibold">{figure(alerts[type]?.after ?? 0)}</td>
                {beginsAt && <td className="figures px-3 py-2 text-end max-sm:hidden">{inWords(beginsAt(type))}</td>}
              </tr>
            ))}
          </Table>
        </div>
      )}
    </section>
  );
}

function inWords(threshold: number | undefined): string {
  return threshold === undefined ? t('the usual') : percent(threshold);
}
