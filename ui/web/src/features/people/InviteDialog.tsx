/** Enters a person and shows the link with which they choose a password. */
import { useState } from 'react';
import { Choice } from '@/shared/controls/Choice';
import { DialogForm } from '@/shared/controls/DialogForm';
import { FormField } from '@/shared/controls/FormField';
import { Overlay } from '@/shared/controls/Overlay';
import { t } from '@/shared/language/language';
import { InvitationLink } from './InvitationLink';
import { useInvite } from './people.queries';
import { roleOptions, type Role } from './roles';

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const [role, setRole] = useState<Role>('dispatcher');
  const { mutate, data, isPending, error } = useInvite();
  const submit = (field: (name: string) => string) =>
    mutate({ name: field('name'), email: field('email'), role, driverId: role === 'driver' ? field('driver') : null });
  return (
    <Overlay title={data ? t('Invited') : t('Invite a person')} onClose={onClose}>
      {data ? (
        <InvitationLink invitation={data} onClose={onClose} />
      ) : (
        <DialogForm verb={t('Invite')} onSubmit={submit} onCancel={onClose} isPending={isPending} error={error}>
          <FormField name="name" label={t('Name')} most={120} />
          <FormField name="email" type="email" label={t('Email')} most={254} help={t('They sign in with it.')} />
          <Choice label={t('Role')} options={roleOptions(role)} chosen={role} onChoose={setRole} />
          {role === 'driver' && <FormField name="driver" label={t('Driver id')} most={64} help={t('As the vehicle sends it.')} />}
        </DialogForm>
      )}
    </Overlay>
  );
}
