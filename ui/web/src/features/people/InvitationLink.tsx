/** The link of an invitation, shown once. */
import { Settled } from '@/shared/controls/Settled';
import { ShownOnce } from '@/shared/controls/ShownOnce';
import { CloseBar } from '@/shared/controls/CloseBar';
import { t } from '@/shared/language/language';
import { dayAndClock } from '@/shared/time/format';
import { linkOf, type Invitation } from './people.queries';

export function InvitationLink({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  return (
    <>
      <Settled>
        {t('Send this link to {person}, by a way that only they read. It works once, until {at}.', {
          person: invitation.person.name,
          at: dayAndClock(invitation.expiresAt),
        })}
      </Settled>
      <ShownOnce label={t('Link to choose a password')} secret={linkOf(invitation)} />
      <CloseBar onClose={onClose} />
    </>
  );
}
