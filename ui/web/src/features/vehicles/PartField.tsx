/** A part of a vehicle: one that is offered, or any other that is typed. */
import { Button, ComboBox, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components';
import { Chevron } from '@/shared/controls/Chevron';
import { t } from '@/shared/language/language';
import { PART_LETTERS } from './part';
import { componentInWords } from './vehicle';

interface Props {
  name: string;
  offered: readonly string[];
}

export function PartField({ name, offered }: Props) {
  return (
    <ComboBox
      name={name}
      allowsCustomValue
      isRequired
      defaultItems={offered.map((component) => ({ id: component, words: componentInWords(component) }))}
      className="flex flex-col gap-1.5"
    >
      <Label className="font-medium">{t('Part')}</Label>
      <div className="flex gap-2">
        <Input className="field min-w-0 grow" autoComplete="off" maxLength={PART_LETTERS} />
        {offered.length > 0 && (
          <Button className="button px-3" aria-label={t('Show the parts')}>
            <Chevron />
          </Button>
        )}
      </div>
      <Text slot="description" className="text-sm text-muted">
        {t('Choose one the forecasts name, or type another.')}
      </Text>
      <FieldError className="text-sm font-medium text-high-ink" />
      <Popover className="popover">
        <ListBox<{ id: string; words: string }> className="outline-none">
          {({ words }) => (
            <ListBoxItem textValue={words} className="option text-sm">
              {words}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
