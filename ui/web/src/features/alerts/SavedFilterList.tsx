/** The saved filters, and a form that saves the present one. Loaded when it is opened. */
import { Link } from '@tanstack/react-router';
import { useState, type SyntheticEvent } from 'react';
import { Button, Form, Heading, Input, Label, TextField } from 'react-aria-components';
import { t } from '@/shared/language/language';
import type { AlertFilter } from './alertFilter';
import { useSavedFilters } from './savedFilterStore';

export default function SavedFilterList({
  userId,
  filter,
  onLeave,
}: {
  userId: string;
  filter: AlertFilter;
  onLeave: () => void;
}) {
  const { saved, save, remove } = useSavedFilters(userId);
  return (
    <>
      <Heading slot="title" className="font-semibold">
        {t('Saved filters')}
      </Heading>
      {saved.length === 0 && <p className="mt-1 text-sm text-muted">{t('None yet. Choose filters, then save them here.')}</p>}
      <ul className="my-2">
        {saved.map((one) => (
          <li key={one.name} className="flex items-center justify-between gap-2">
            <Link
              to="/alerts"
              search={one.filter}
              onClick={onLeave}
              className="link inline-flex min-h-11 min-w-11 items-center wrap-anywhere"
            >
              {one.name}
            </Link>
            <Button
              className="button"
              data-quiet
              aria-label={t('Remove saved filter: {name}', { name: one.name })}
              onPress={() => remove(one.name)}
            >
              {t('Remove')}
            </Button>
          </li>
        ))}
      </ul>
      {Object.keys(filter).length > 0 && <SaveForm onSave={(name) => save(name, filter)} />}
    </>
  );
}

function SaveForm({ onSave }: { onSave: (name: string) => void }) {
  const [name, setName] = useState('');
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    onSave(name.trim());
    setName('');
  };
  return (
    <Form onSubmit={submit} className="flex items-end gap-2 border-t border-line pt-3">
      <TextField value={name} onChange={setName} maxLength={60} className="flex min-w-0 flex-1 flex-col gap-1">
        <Label className="text-xs font-medium text-muted">{t('Name for the present filter')}</Label>
        <Input className="field text-sm" />
      </TextField>
      <Button type="submit" className="button" isDisabled={!name.trim()}>
        {t('Save')}
      </Button>
    </Form>
  );
}
