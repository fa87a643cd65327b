/** Asks before the fleet's own thresholds are given up. */
import { DialogForm } from '@/shared/controls/DialogForm';
import { Overlay } from '@/shared/controls/Overlay';
import { t } from '@/shared/language/language';
import { useResetRules } from './rules.queries';

interface Props {
  onClose: () => void;
  onDone: () => void;
}

export function ResetDialog({ onClose, onDone }: Props) {
  const reset = useResetRules();
  return (
    <Overlay title={t('Back to the usual thresholds?')} onClose={onClose}>
      <DialogForm
        verb={t('Give up our own')}
        onSubmit={() => reset.mutate(undefined, { onSuccess: onDone })}
        onCancel={onClose}
        isPending={reset.isPending}
        error={reset.error}
      >
        <p>
          {t('What was chosen for all vehicles and for each class is given up, and has to be chosen again if you want it back.')}
        </p>
      </DialogForm>
    </Overlay>
  );
}
