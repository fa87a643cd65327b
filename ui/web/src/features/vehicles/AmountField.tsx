/** A labelled number that may be left empty. What is wrong with it stands where its help stood: nothing moves. */
import type { RefObject } from 'react';
import { FieldError, Input, Label, NumberField, Text } from 'react-aria-components';

const AS_WRITTEN: Intl.NumberFormatOptions = { maximumFractionDigits: 6, useGrouping: false };

interface Props {
  label: string;
  help: string;
  /** No longer than the help. */
  refusal: string;
  amount: number | null;
  isInvalid: boolean;
  input: RefObject<HTMLInputElement | null>;
  onChange: (amount: number | null) => void;
}

export function AmountField({ label, help, refusal, amount, isInvalid, input, onChange }: Props) {
  return (
    <NumberField
      value={amount ?? NaN}
      onChange={(typed) => onChange(Number.isNaN(typed) ? null : typed)}
      formatOptions={AS_WRITTEN}
      isInvalid={isInvalid}
      validationBehavior="aria"
      isWheelDisabled
      className="flex flex-col gap-1.5"
    >
      <Label className="font-medium">{label}</Label>
      <Input ref={input} className="field" autoComplete="off" />
      <div className="grid text-sm *:[grid-area:1/1]">
        <Text slot="description" className={`text-muted ${isInvalid ? 'invisible' : ''}`}>
          {help}
        </Text>
        <FieldError className="font-medium text-high-ink">{refusal}</FieldError>
      </div>
    </NumberField>
  );
}
