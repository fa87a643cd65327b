/** A labelled choice of one from a few. */
import type { ReactNode } from 'react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import { Chevron } from './Chevron';

export interface Option<Key extends string> {
  key: Key;
  label: string;
  icon?: ReactNode;
}

interface Props<Key extends string> {
  label: string;
  options: readonly Option<Key>[];
  chosen: Key;
  onChoose: (key: Key) => void;
}

export function Choice<Key extends string>({ label, options, chosen, onChoose }: Props<Key>) {
  return (
    <Select className="flex min-w-0 flex-col gap-1" value={chosen} onChange={(key) => onChoose(key as Key)}>
      <Label className="text-xs font-medium text-muted">{label}</Label>
      <Button className="field flex items-center justify-between gap-2 text-sm">
        <SelectValue className="truncate [&_svg]:hidden" />
        <Chevron />
      </Button>
      <Popover className="popover">
        <ListBox className="outline-none" items={options}>
          {(option) => (
            <ListBoxItem id={option.key} textValue={option.label} className="option text-sm">
              {option.icon}
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
