/** What a manager may do with a person: another role, a new link, no second factor, out and in again. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { sessionQuery } from '@/features/session/session';
import { Choice } from '@/shared/controls/Choice';
import { Overlay } from '@/shared/controls/Overlay';
import { CloseBar } from '@/shared/controls/CloseBar';
import { WentWrong } from '@/shared/controls/WentWrong';
import { t } from '@/shared/language/language';
import { InvitationLink } from './InvitationLink';
import { usePersonDeed, type Person } from './people.queries';
import { roleOptions } from './roles';

interface Props {
  person: Person;
  onClose: () => void;
}

export function PersonDialog({ person, onClose }: Props) {
  const isOneself = useQuery(sessionQuery).data?.userId === person.userId;
  const [role, setRole] = useState(person.role);
  const deed = usePersonDeed();
  const act = (asked: Parameters<typeof deed.mutate>[0]) =>
    deed.mutate(asked, { onSuccess: (invitation) => invitation ?? onClose() });
  if (deed.data)
    return (
      <Overlay title={person.name} onClose={onClose}>
        <InvitationLink invitation={deed.data} onClose={onClose} />
      </Overlay>
    );
  return (
    <Overlay title={person.name} onClose={onClose}>
      <p className="mb-4 text-sm wrap-anywhere text-muted">{person.email}</p>
      {isOneself ? (
        <p>{t('Another manager has to change your own role, or deactivate you.')}</p>
      ) : (
        <div className="flex flex-col gap-4">
          <Choice label={t('Role')} options={roleOptions(person.role)} chosen={role} onChoose={setRole} />
          <div className="flex flex-wrap gap-2">
            <Button
              className="button"
              data-primary
              isDisabled={role === person.role || deed.isPending}
              onPress={() => act({ kind: 'change', person, change: { role } })}
            >
              {t('Save the role')}
            </Button>
            {person.active && (
              <Button className="button" isDisabled={deed.isPending} onPress={() => act({ kind: 'newLink', person })}>
                {t('New link to choose a password')}
              </Button>
            )}
            {person.secondFactor && (
              <Button className="button" isDisabled={deed.isPending} onPress={() => act({ kind: 'resetSecondFactor', person })}>
                {t('Ask for no code any more')}
              </Button>
            )}
            <Button
              className="button"
              isDisabled={deed.isPending}
              onPress={() => act({ kind: 'change', person, change: { active: !person.active } })}
            >
              {person.active ? t('Deactivate') : t('Let in again')}
            </Button>
          </div>
          {person.active && (
            <p className="text-sm text-muted">{t('Who is deactivated is signed out everywhere at once. Nothing is deleted.')}</p>
          )}
        </div>
      )}
      <WentWrong error={deed.error} />
      <CloseBar onClose={onClose} />
    </Overlay>
  );
}
