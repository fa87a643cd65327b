/** Narrows the list; each choice becomes part of the address. Loaded beside the list, not before it. */
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { Choice, type Option } from '@/shared/controls/Choice';
import { DayField } from '@/shared/controls/DayField';
import { PausingSearchBox } from '@/shared/controls/PausingSearchBox';
import { t } from '@/shared/language/language';
import { SEVERITIES, SEVERITY_WORD } from '@/shared/severity/severity';
import { STATE_WORDS, TYPE_WORDS } from './alert';
import { compact, hasFurther, type AlertFilter, type Span } from './alertFilter';
import { SavedFilters } from './SavedFilters';

interface Props {
  filter: AlertFilter;
  onChange: (filter: AlertFilter) => void;
}

const ANY = 'ANY';
const DAYS = 'DAYS';
const SPAN_WORDS: Record<Span, string> = {
  hour: 'The last hour',
  day: 'The last 24 hours',
  week: 'The last 7 days',
  month: 'The last 30 days',
};

function optionsOf<Key extends string>(
  any: string,
  words: Record<Key, string>,
  order = Object.keys(words) as Key[],
): Option<Key | typeof ANY>[] {
  return [{ key: ANY, label: t(any) }, ...order.map((key) => ({ key, label: t(words[key]) }))];
}

function chosen<Key extends string>(key: Key | typeof ANY): Key | undefined {
  return key === ANY ? undefined : key;
}

export default function AlertFilters({ filter, onChange }: Props) {
  const [more, setMore] = useState(() => hasFurther(filter));
  const change = (part: AlertFilter) => onChange(compact({ ...filter, ...part }));
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <form
      role="search"
      aria-label={t('Filter the alerts')}
      className="grid grid-cols-2 items-end gap-3 md:grid-cols-4"
      onSubmit={(event) => event.preventDefault()}
    >
      <PausingSearchBox
        label={t('Search')}
        placeholder={t('Words or ids')}
        value={filter.q ?? ''}
        onChange={(q) => change({ q })}
      />
      <Choice
        label={t('Severity')}
        options={optionsOf('Any severity', SEVERITY_WORD, [...SEVERITIES])}
        chosen={filter.severity ?? ANY}
        onChoose={(key) => change({ severity: chosen(key) })}
      />
      <Choice
        label={t('Type')}
        options={optionsOf('Any type', TYPE_WORDS)}
        chosen={filter.type ?? ANY}
        onChoose={(key) => change({ type: chosen(key) })}
      />
      <Choice
        label={t('State')}
        options={optionsOf('Any state', { LIVE: 'Live: not yet resolved', SNOOZED: 'Snoozed', ...STATE_WORDS })}
        chosen={filter.state ?? ANY}
        onChoose={(key) => change({ state: chosen(key) })}
      />
      {more && <FurtherFilters filter={filter} onChange={change} />}
      <div className="col-span-full flex flex-wrap gap-2">
        <Button className="button" aria-expanded={more} onPress={() => setMore(!more)}>
          {more ? t('Fewer filters') : t('Vehicle, driver, time')}
        </Button>
        <SavedFilters filter={filter} />
        {isFiltered && (
          <Button className="button" data-quiet onPress={() => onChange({})}>
            {t('Clear the filters')}
          </Button>
        )}
      </div>
    </form>
  );
}

function FurtherFilters({ filter, onChange }: Props) {
  const [days, setDays] = useState(filter.from !== undefined || filter.to !== undefined);
  const time = filter.within ?? (days ? DAYS : ANY);
  const choose = (key: Span | typeof ANY | typeof DAYS) => {
    setDays(key === DAYS);
    onChange({ within: key === DAYS ? undefined : chosen(key), from: undefined, to: undefined });
  };
  return (
    <>
      <PausingSearchBox
        label={t('Vehicle')}
        placeholder={t('Vehicle id')}
        value={filter.vehicle ?? ''}
        onChange={(vehicle) => onChange({ vehicle })}
      />
      <PausingSearchBox
        label={t('Driver')}
        placeholder={t('Driver id')}
        value={filter.driver ?? ''}
        onChange={(driver) => onChange({ driver })}
      />
      <Choice
        label={t('Began')}
        options={[...optionsOf('At any time', SPAN_WORDS), { key: DAYS, label: t('Between two days') }]}
        chosen={time}
        onChoose={choose}
      />
      {time === DAYS && (
        <div className="grid grid-cols-2 gap-3 max-md:col-span-2">
          <DayField label={t('From')} day={filter.from} onChange={(from) => onChange({ from })} />
          <DayField label={t('To')} day={filter.to} onChange={(to) => onChange({ to })} />
        </div>
      )}
    </>
  );
}
