/** Names of parts. */
import { componentInWords } from './vehicle';

export const PART_LETTERS = 64;

/** What the forecasts call the part that somebody chose or typed in their own words; a part unknown to them stays as typed. */
export function partMeant(words: string, known: readonly string[]): string {
  const same = (component: string) =>
    componentInWords(component).localeCompare(words, undefined, { sensitivity: 'accent' }) === 0;
  return known.find((component) => component === words || same(component)) ?? words;
}
