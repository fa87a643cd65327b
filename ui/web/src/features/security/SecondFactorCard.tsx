/** A code from an app beside the password: set up, or taken away again. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { sessionQuery } from '@/features/session/session';
import { DialogForm } from '@/shared/controls/DialogForm';
import { Overlay } from '@/shared/controls/Overlay';
import { t } from '@/shared/language/language';
import { CodeField } from './CodeField';
import { EnrolDialog } from './EnrolDialog';
import { SettingsCard } from '@/shared/page/SettingsCard';
import { useRemoveFactor } from './security.queries';

export function SecondFactorCard() {
  const isOn = useQuery(sessionQuery).data?.secondFactor ?? false;
  const [isAsked, ask] = useState(false);
  const close = () => ask(false);
  return (
    <SettingsCard
      title={t('Code at sign-in')}
      about={isOn ? t('A code from your app is asked for beside the password.') : t('Your password alone lets you in.')}
      aside={
        <Button className="button" onPress={() => ask(true)}>
          {isOn ? t('Ask for no code any more') : t('Set up a code')}
        </Button>
      }
    >
      {isAsked && (isOn ? <RemoveDialog onClose={close} /> : <EnrolDialog onClose={close} />)}
    </SettingsCard>
  );
}

function RemoveDialog({ onClose }: { onClose: () => void }) {
  const { mutate, isPending, error } = useRemoveFactor();
  return (
    <Overlay title={t('Ask for no code any more')} onClose={onClose}>
      <DialogForm
        verb={t('Ask for no code any more')}
        onSubmit={(field) => mutate(field('code'), { onSuccess: onClose })}
        onCancel={onClose}
        isPending={isPending}
        error={error}
      >
        <CodeField help={t('From your app, or one of the spare codes.')} />
      </DialogForm>
    </Overlay>
  );
}
