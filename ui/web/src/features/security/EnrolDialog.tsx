/** Introduces an authenticator app: its secret as a picture and as text, a code as proof, then the spare codes, once. */
import { useEffect } from 'react';
import { CloseBar } from '@/shared/controls/CloseBar';
import { DialogForm } from '@/shared/controls/DialogForm';
import { Overlay } from '@/shared/controls/Overlay';
import { Settled } from '@/shared/controls/Settled';
import { ShownOnce } from '@/shared/controls/ShownOnce';
import { WentWrong } from '@/shared/controls/WentWrong';
import { t } from '@/shared/language/language';
import { CodeField } from './CodeField';
import { QrCode } from './QrCode';
import { useConfirmFactor, useEnrol, useRenewedSession } from './security.queries';

export function EnrolDialog({ onClose }: { onClose: () => void }) {
  const { mutate: enrol, data: enrolment, error: refusal } = useEnrol();
  const confirm = useConfirmFactor();
  const renew = useRenewedSession();
  useEffect(enrol, [enrol]);
  const close = () => {
    if (confirm.isSuccess) void renew();
    onClose();
  };
  return (
    <Overlay title={t('Set up a code')} onClose={close}>
      {confirm.data ? (
        <>
          <Settled>
            {t('From now on a code is asked for. Keep these spare codes for when the app is lost: each works once.')}
          </Settled>
          <ShownOnce label={t('Spare codes')} secret={confirm.data.codes.join(' ')} />
          <CloseBar onClose={close} />
        </>
      ) : (
        <DialogForm
          verb={t('Confirm')}
          onSubmit={(field) => confirm.mutate(field('code'))}
          onCancel={close}
          isPending={confirm.isPending}
          error={confirm.error}
        >
          <p>{t('Let your authenticator app read this picture, or type the secret into it.')}</p>
          {enrolment && (
            <>
              <QrCode text={enrolment.uri} label={t('The secret, for the camera of your app')} />
              <ShownOnce label={t('Secret')} secret={enrolment.secret} />
            </>
          )}
          <WentWrong error={refusal} />
          <CodeField help={t('The six digits that the app shows now.')} />
        </DialogForm>
      )}
    </Overlay>
  );
}
