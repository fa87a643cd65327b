/** A labelled line of text in a form, with help beneath it. */
import type { RefObject } from 'react';
import { FieldError, Input, Label, Text, TextField } from 'react-aria-components';

interface Props {
  name: string;
  type?: string;
  label: string;
  autoComplete?: string;
  help?: string;
  least?: number;
  most?: number;
  input?: RefObject<HTMLInputElement | null>;
}

export function FormField({ label, help, autoComplete = 'off', input, least, most, ...field }: Props) {
  return (
    <TextField {...field} minLength={least} maxLength={most} isRequired className="flex flex-col gap-1.5">
      <Label className="font-medium">{label}</Label>
      <Input ref={input} className="field" autoComplete={autoComplete} />
      {help && (
        <Text slot="description" className="text-sm text-muted">
          {help}
        </Text>
      )}
      <FieldError className="text-sm font-medium text-high-ink" />
    </TextField>
  );
}
