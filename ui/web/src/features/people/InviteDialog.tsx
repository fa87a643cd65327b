/** Enters a person and shows the link with which they choose a password. */
import { useState, type SyntheticEvent } from 'react';
import { Button, Form } from 'react-aria-components';
import { Choice } from '@/shared/controls/Choice';
import { FormField } from '@/shared/controls/FormField';
import { Overlay } from '@/shared/controls/Overlay';
import { t } from '@/shared/language/language';
import { inWords } from '@/shared/problem';
import { InvitationLink } from './InvitationLink';
import { useInvite } from './people.queries';
import { roleOptions, type Role } from './roles';

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const [role, setRole] = useState<Role>('dispatcher');
  const invite = useInvite();
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => String(fields.get(name)).trim();
    invite.mutate({ name: text('name'), email: text('email'), role, driverId: role === 'driver' ? text('driver') : null });
  };
  return (
    <Overlay title={invite.data ? t('Invited') : t('Invite a person')} onClose={onClose}>
      {invite.data ? (
        <InvitationLink invitation={invite.data} onClose={onClose} />
      ) : (
        <Form onSubmit={submit} className="mt-4 flex flex-col gap-4">
          <FormField name="name" label={t('Name')} most={120} />
          <FormField name="email" type="email" label={t('Email')} most={254} help={t('They sign in with it.')} />
          <Choice label={t('Role')} options={roleOptions(role)} chosen={role} onChoose={setRole} />
          {role === 'driver' && <FormField name="driver" label={t('Driver id')} most={64} help={t('As the vehicle sends it.')} />}
          {invite.isError && (
            <p role="alert" className="text-sm font-medium text-high-ink">
              {inWords(invite.error)}
            </p>
          )}
          <div className="mt-2 flex flex-wrap justify-end gap-2">
            <Button className="button" onPress={onClose}>
              {t('Cancel')}
            </Button>
            <Button type="submit" className="button" data-primary isPending={invite.isPending}>
              {invite.isPending ? t('One moment…') : t('Invite')}
            </Button>
          </div>
        </Form>
      )}
    </Overlay>
  );
}
