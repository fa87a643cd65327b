/** Narrows the list; each choice becomes part of the address. */
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { Choice, type Option } from '@/shared/controls/Choice';
import { SearchBox } from '@/shared/controls/SearchBox';
import { SEVERITIES, SEVERITY_WORD } from '@/shared/severity/severity';
import { STATE_WORDS, TYPE_WORDS } from './alert';
import type { AlertFilter } from './alertFilter';

const TYPING_MS = 350;

interface Props {
  filter: AlertFilter;
  onChange: (filter: AlertFilter) => void;
}

const ANY = 'ANY';

function optionsOf<Key extends string>(
  any: string,
  words: Record<Key, string>,
  order = Object.keys(words) as Key[],
): Option<Key | typeof ANY>[] {
  return [{ key: ANY, label: any }, ...order.map((key) => ({ key, label: words[key] }))];
}

const SEVERITY_OPTIONS = optionsOf('Any severity', SEVERITY_WORD, [...SEVERITIES]);
const TYPE_OPTIONS = optionsOf('Any type', TYPE_WORDS);
const STATE_OPTIONS = optionsOf('Any state', { LIVE: 'Live: not yet resolved', ...STATE_WORDS });

function chosen<Key extends string>(key: Key | typeof ANY): Key | undefined {
  return key === ANY ? undefined : key;
}

export function AlertFilters({ filter, onChange }: Props) {
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <form
      role="search"
      aria-label="Filter the alerts"
      className="grid grid-cols-2 items-end gap-3 md:grid-cols-[repeat(4,minmax(0,1fr))_auto]"
      onSubmit={(event) => event.preventDefault()}
    >
      <Choice
        label="Severity"
        options={SEVERITY_OPTIONS}
        chosen={filter.severity ?? ANY}
        onChoose={(key) => onChange({ ...filter, severity: chosen(key) })}
      />
      <Choice
        label="Type"
        options={TYPE_OPTIONS}
        chosen={filter.type ?? ANY}
        onChoose={(key) => onChange({ ...filter, type: chosen(key) })}
      />
      <Choice
        label="State"
        options={STATE_OPTIONS}
        chosen={filter.state ?? ANY}
        onChoose={(key) => onChange({ ...filter, state: chosen(key) })}
      />
      <VehicleField
        key={filter.vehicle ?? ''}
        vehicle={filter.vehicle ?? ''}
        onChange={(vehicle) => onChange({ ...filter, vehicle: vehicle || undefined })}
      />
      <Button
        className={`button max-md:col-span-2 ${isFiltered ? '' : 'max-md:hidden'}`}
        isDisabled={!isFiltered}
        onPress={() => onChange({})}
      >
        Clear
      </Button>
    </form>
  );
}

/** Waits for a pause in typing before the list changes. */
function VehicleField({ vehicle, onChange }: { vehicle: string; onChange: (vehicle: string) => void }) {
  const [typed, setTyped] = useState(vehicle);
  useEffect(() => {
    if (typed.trim() === vehicle) return;
    const timer = setTimeout(() => onChange(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return <SearchBox label="Vehicle" placeholder="Vehicle id" value={typed} onChange={setTyped} />;
}
