/** Asks what a program may do and for how long, then shows its token once. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sessionQuery, type Permission } from '@/features/session/session';
import { Choice } from '@/shared/controls/Choice';
import { CloseBar } from '@/shared/controls/CloseBar';
import { DialogForm } from '@/shared/controls/DialogForm';
import { FormField } from '@/shared/controls/FormField';
import { Overlay } from '@/shared/controls/Overlay';
import { Settled } from '@/shared/controls/Settled';
import { ShownOnce } from '@/shared/controls/ShownOnce';
import { counted, t } from '@/shared/language/language';
import { scopeInWords } from './scopes';
import { useCreateToken } from './security.queries';

const LASTS_DAYS = ['7', '30', '90', '365'] as const;

export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const offered = useQuery(sessionQuery).data?.permissions ?? [];
  const [scopes, setScopes] = useState<readonly Permission[]>(['read alerts']);
  const [days, setDays] = useState<(typeof LASTS_DAYS)[number]>('90');
  const { mutate, data, isPending, error } = useCreateToken();
  return (
    <Overlay title={t('New token')} onClose={onClose}>
      {data ? (
        <>
          <Settled>{t('Put this into your program now: it is not shown again.')}</Settled>
          <ShownOnce label={t('Token')} secret={data.token} />
          <CloseBar onClose={onClose} />
        </>
      ) : (
        <DialogForm
          verb={t('Make the token')}
          onSubmit={(field) => mutate({ name: field('name'), scopes: [...scopes], days: Number(days) })}
          onCancel={onClose}
          isPending={isPending}
          error={error}
        >
          <FormField name="name" label={t('Name of the program')} most={60} />
          <Scopes offered={offered} chosen={scopes} onChoose={setScopes} />
          <Choice
            label={t('Valid for')}
            options={LASTS_DAYS.map((key) => ({ key, label: counted(Number(key), '{count} day', '{count} days') }))}
            chosen={days}
            onChoose={setDays}
          />
        </DialogForm>
      )}
    </Overlay>
  );
}

interface ScopesProps {
  offered: readonly Permission[];
  chosen: readonly Permission[];
  onChoose: (scopes: readonly Permission[]) => void;
}

function Scopes({ offered, chosen, onChoose }: ScopesProps) {
  const toggle = (scope: Permission) =>
    onChoose(chosen.includes(scope) ? chosen.filter((each) => each !== scope) : [...chosen, scope]);
  return (
    <fieldset>
      <legend className="font-medium">{t('What it may do')}</legend>
      <div className="grid sm:grid-cols-2">
        {offered.map((scope) => (
          <label key={scope} className="flex min-h-11 cursor-pointer items-center gap-2.5 text-sm">
            <input
              type="checkbox"
              className="size-5 accent-(--accent)"
              checked={chosen.includes(scope)}
              required={chosen.length === 0}
              onChange={() => toggle(scope)}
            />
            {t(scopeInWords(scope))}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
