/** What a tank holds, as the reader writes it. The server keeps litres, and of those none changes that nobody changed. */
import { t } from '@/shared/language/language';
import { fromReaderUnits, inReaderUnits } from '@/shared/reader/units';
import { TANK_L } from './description';

const THOUSANDTHS = 1000; // finer than anybody measures, and coarse enough for a gallon that was typed to come back as it was

/** As the field shows it: litres as they are kept, gallons to a thousandth. */
export function shownTank(litres: number | null): number | null {
  if (litres === null || !isInGallons()) return litres;
  return rounded(inReaderUnits(litres, 'l').value);
}

/** What is shown, in litres; `kept` is what it was before, which stays where the same is still shown. */
export function litresOf(shown: number | null, kept: number | null): number | null {
  if (shown === shownTank(kept)) return kept;
  return shown === null || !isInGallons() ? shown : rounded(fromReaderUnits(shown, 'l'));
}

export function tankWords(): { label: string; refusal: string } {
  if (!isInGallons()) return { label: t('Tank, in litres'), refusal: t('A tank holds {least} to {most} litres.', { ...TANK_L }) };
  const least = Math.ceil(inReaderUnits(TANK_L.least, 'l').value * 100) / 100;
  const most = Math.floor(inReaderUnits(TANK_L.most, 'l').value * 100) / 100;
  return { label: t('Tank, in US gallons'), refusal: t('A tank holds {least} to {most} US gallons.', { least, most }) };
}

function isInGallons(): boolean {
  return inReaderUnits(0, 'l').unit === 'gal';
}

function rounded(amount: number): number {
  return Math.round(amount * THOUSANDTHS) / THOUSANDTHS;
}
