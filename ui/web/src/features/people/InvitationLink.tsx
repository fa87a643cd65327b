/** The link of an invitation, shown once. Takes the focus: the form before it is gone. */
import { useEffect, useRef } from 'react';
import { ShownOnce } from '@/shared/controls/ShownOnce';
import { CloseBar } from '@/shared/controls/CloseBar';
import { t } from '@/shared/language/language';
import { dayAndClock } from '@/shared/time/format';
import { linkOf, type Invitation } from './people.queries';

export function InvitationLink({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <>
      <p ref={place} tabIndex={-1} className="my-3 outline-none">
        {t('Send this link to {person}, by a way that only they read. It works once, until {at}.', {
          person: invitation.person.name,
          at: dayAndClock(invitation.expiresAt),
        })}
      </p>
      <ShownOnce label={t('Link to choose a password')} secret={linkOf(invitation)} />
      <CloseBar onClose={onClose} />
    </>
  );
}
