/** A labelled search field. It searches as one types; Escape clears it. */
import { Input, Label, SearchField } from 'react-aria-components';

interface Props {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}

export function SearchBox({ label, placeholder, value, onChange }: Props) {
  return (
    <SearchField className="flex min-w-0 flex-col gap-1" value={value} onChange={onChange}>
      <Label className="text-xs font-medium text-muted">{label}</Label>
      <Input className="field text-sm" placeholder={placeholder} spellCheck={false} autoComplete="off" />
    </SearchField>
  );
}
