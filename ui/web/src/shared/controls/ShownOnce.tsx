/** Something secret that is shown once, to be copied now. */
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { t } from '@/shared/language/language';

export function ShownOnce({ label, secret }: { label: string; secret: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(secret);
    setCopied(true);
  };
  return (
    <div className="flex flex-col items-start gap-2">
      <p className="text-sm font-medium">{label}</p>
      <p className="w-full rounded-lg border border-line bg-sunken px-3 py-2 text-sm break-all select-all">
        <code>{secret}</code>
      </p>
      <div className="flex flex-wrap items-center gap-3">
        {'clipboard' in navigator && (
          <Button className="button" onPress={() => void copy()}>
            {t('Copy')}
          </Button>
        )}
        <span role="status" className="text-sm font-medium text-good-ink">
          {isCopied && t('Copied.')}
        </span>
      </div>
    </div>
  );
}
