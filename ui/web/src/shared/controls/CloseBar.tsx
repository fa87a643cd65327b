/** The end of a dialog that has nothing more to ask. */
import { Button } from 'react-aria-components';
import { t } from '@/shared/language/language';

export function CloseBar({ onClose }: { onClose: () => void }) {
  return (
    <div className="mt-5 flex justify-end">
      <Button className="button" onPress={onClose}>
        {t('Close')}
      </Button>
    </div>
  );
}
