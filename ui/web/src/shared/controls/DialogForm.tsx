/** A form in a dialog: its fields, what went wrong, and the two ways out. */
import type { ReactNode, SyntheticEvent } from 'react';
import { Button, Form } from 'react-aria-components';
import { t } from '@/shared/language/language';
import { WentWrong } from './WentWrong';

interface Props {
  verb: string;
  onSubmit: (fields: (name: string) => string) => void;
  onCancel: () => void;
  isPending: boolean;
  error: Error | null;
  children: ReactNode;
}

/** `onSubmit` is given a reader of the fields by name, without the spaces around what was typed. */
export function DialogForm({ verb, onSubmit, onCancel, isPending, error, children }: Props) {
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    onSubmit((name) => String(fields.get(name)).trim());
  };
  return (
    <Form onSubmit={submit} className="mt-4 flex flex-col gap-4">
      {children}
      <WentWrong error={error} />
      <div className="mt-2 flex flex-wrap justify-end gap-2">
        <Button className="button" onPress={onCancel}>
          {t('Cancel')}
        </Button>
        <Button type="submit" className="button" data-primary isPending={isPending}>
          {isPending ? t('One moment…') : verb}
        </Button>
      </div>
    </Form>
  );
}
