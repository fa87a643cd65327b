/** The band of a score, as a word on its colour. */
import { t } from '@/shared/language/language';
import { BAND_WORDS, TONE, type Band } from './driver';

export function BandBadge({ band }: { band: Band }) {
  return <span className={`rounded-full px-2.5 py-0.5 text-xs font-semibold ${TONE[band]}`}>{t(BAND_WORDS[band])}</span>;
}
