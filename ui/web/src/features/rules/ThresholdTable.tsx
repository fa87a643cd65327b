/** Alert types by column: usual, all vehicles, and each class. One column at a time is typed into. */
import { Input, NumberField } from 'react-aria-components';
import type { AlertRule } from '@/api';
import { TYPE_WORDS } from '@/features/alerts/alert';
import { t } from '@/shared/language/language';
import { percent } from '@/shared/language/numbers';
import { Table } from '@/shared/page/Table';
import { COLUMN_WORDS, COLUMNS, otherwiseIn, ownIn, type Column, type Draft } from './thresholds';

const PERCENT: Intl.NumberFormatOptions = { style: 'percent', maximumFractionDigits: 2 };

interface Props {
  rules: readonly AlertRule[];
  draft: Draft;
  /** The one that is typed into. */
  column: Column | null;
  onChange: (rule: AlertRule, threshold: number | null) => void;
}

export function ThresholdTable({ rules, draft, column, onChange }: Props) {
  return (
    <Table
      caption={t('From which certainty on an alert of each type begins, by vehicle class')}
      columns={[
        { label: t('Type'), className: 'ps-5' },
        { label: t('May be'), className: 'text-end max-md:hidden' },
        { label: t('Usual'), className: 'text-end max-md:hidden' },
        ...COLUMNS.map((each) => ({ label: t(COLUMN_WORDS[each]), className: `text-end last:pe-5 ${narrow(each, column)}` })),
      ]}
    >
      {rules.map((rule) => (
        <tr key={rule.type} className="text-sm">
          <th scope="row" className="py-2 ps-5 pe-3 font-normal">
            {t(TYPE_WORDS[rule.type])}
            <span className="block text-muted md:hidden">
              {t('usual: {share}, may be: {bounds}', { share: percent(rule.usual), bounds: boundsOf(rule) })}
            </span>
          </th>
          <td className="figures px-3 py-2 text-end whitespace-nowrap text-muted max-md:hidden">{boundsOf(rule)}</td>
          <td className="figures px-3 py-2 text-end whitespace-nowrap text-muted max-md:hidden">{percent(rule.usual)}</td>
          {COLUMNS.map((each) => (
            <td key={each} className={`figures px-3 py-2 text-end whitespace-nowrap last:pe-5 ${narrow(each, column)}`}>
              {each === column && rule.lowest !== null ? (
                <ThresholdField rule={rule} draft={draft} column={each} onChange={(threshold) => onChange(rule, threshold)} />
              ) : (
                <Threshold own={ownIn(draft, rule, each)} otherwise={otherwiseIn(draft, rule, each)} />
              )}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}

/** On a small screen only the column that is typed into has room. */
function narrow(each: Column, column: Column | null): string {
  return each === (column ?? 'fleet') ? '' : 'max-lg:hidden';
}

function boundsOf({ lowest, highest }: AlertRule): string {
  return lowest === null || highest === null ? t('the usual alone') : `${percent(lowest)} – ${percent(highest)}`;
}

function Threshold({ own, otherwise }: { own: number | null; otherwise: number }) {
  return own === null ? <span className="text-muted">{percent(otherwise)}</span> : <strong>{percent(own)}</strong>;
}

interface FieldProps {
  rule: AlertRule;
  draft: Draft;
  column: Column;
  onChange: (threshold: number | null) => void;
}

function ThresholdField({ rule, draft, column, onChange }: FieldProps) {
  const name = t(TYPE_WORDS[rule.type]);
  return (
    <NumberField
      aria-label={t('{type}, {vehicles}: an alert begins at', { type: name, vehicles: t(COLUMN_WORDS[column]) })}
      formatOptions={PERCENT}
      value={ownIn(draft, rule, column) ?? NaN}
      onChange={(typed) => onChange(Number.isNaN(typed) ? null : Math.round(typed * 10_000) / 10_000)}
      minValue={rule.lowest ?? undefined}
      maxValue={rule.highest ?? undefined}
      validationBehavior="aria"
      isWheelDisabled
    >
      <Input className="field w-24 text-end" placeholder={percent(otherwiseIn(draft, rule, column))} />
    </NumberField>
  );
}
