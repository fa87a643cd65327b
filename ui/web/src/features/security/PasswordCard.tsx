/** Another password, with the present one. */
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { CloseBar } from '@/shared/controls/CloseBar';
import { DialogForm } from '@/shared/controls/DialogForm';
import { FormField } from '@/shared/controls/FormField';
import { Overlay } from '@/shared/controls/Overlay';
import { Settled } from '@/shared/controls/Settled';
import { t } from '@/shared/language/language';
import { SettingsCard } from '@/shared/page/SettingsCard';
import { useChangePassword } from './security.queries';

export function PasswordCard() {
  const [isAsked, ask] = useState(false);
  return (
    <SettingsCard
      title={t('Password')}
      about={t('Changing it signs you out everywhere but here.')}
      aside={
        <Button className="button" onPress={() => ask(true)}>
          {t('Change the password')}
        </Button>
      }
    >
      {isAsked && <PasswordDialog onClose={() => ask(false)} />}
    </SettingsCard>
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { mutate, isSuccess, isPending, error } = useChangePassword();
  return (
    <Overlay title={t('Change the password')} onClose={onClose}>
      {isSuccess ? (
        <>
          <Settled>{t('Your password is changed. Other browsers have to sign in again.')}</Settled>
          <CloseBar onClose={onClose} />
        </>
      ) : (
        <DialogForm
          verb={t('Keep this password')}
          onSubmit={(field) => mutate({ password: field('present'), newPassword: field('chosen') })}
          onCancel={onClose}
          isPending={isPending}
          error={error}
        >
          <FormField name="present" type="password" label={t('Present password')} autoComplete="current-password" most={1024} />
          <FormField
            name="chosen"
            type="password"
            label={t('New password')}
            autoComplete="new-password"
            help={t('At least 12 characters. A few words in a row are good and easy to remember.')}
            least={12}
            most={1024}
          />
        </DialogForm>
      )}
    </Overlay>
  );
}
