/** Which language the page speaks: the reader's choice, else the browser's. Only its sentences are loaded. */
import { isRTL } from 'react-aria-components';
import { preferences } from '@/shared/reader/preferences';
import { speak } from './language';

const LOCALES = { en: 'en-GB', de: 'de-DE' } as const;
type Language = keyof typeof LOCALES;

/** The first of the browser's languages that the page speaks. */
export function languageOf(asked: 'system' | Language, browser: readonly string[]): Language {
  if (asked !== 'system') return asked;
  const known = browser.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LOCALES);
  return (known as Language | undefined) ?? 'en';
}

export async function speakAsAsked(): Promise<void> {
  const language = languageOf(preferences().language, navigator.languages);
  const { SENTENCES } = language === 'de' ? await import('./de') : { SENTENCES: {} };
  speak(LOCALES[language], SENTENCES);
  document.documentElement.lang = language;
  document.documentElement.dir = isRTL(LOCALES[language]) ? 'rtl' : 'ltr';
}
