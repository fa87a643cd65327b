/** How past forecasts held, in words. */
import type { PastForecasts } from '@/api';
import { t } from '@/shared/language/language';
import { percent } from '@/shared/language/numbers';

/** Undefined where nobody knows whether they held. */
export function heldInWords({ forecasts, said, failed }: PastForecasts): string | undefined {
  if (failed === null) return undefined;
  return t('In 90 days: said {said} on average, {held} came true ({failed} of {forecasts}).', {
    said: percent(said),
    held: percent(failed / forecasts),
    failed,
    forecasts,
  });
}
