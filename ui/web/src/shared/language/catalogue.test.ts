import { expect, test } from 'vitest';
import { REASON_WORDS, STATE_WORDS, TYPE_WORDS } from '@/features/alerts/alert';
import { BULK_WORDS } from '@/features/alerts/bulkWords';
import { DEED_WORDS } from '@/features/alerts/deedWords';
import { GUIDANCE } from '@/features/alerts/guidance';
import { DONE_WORDS } from '@/features/alerts/doneWords';
import { NAP_WORDS } from '@/features/alerts/snooze';
import { PERIOD_WORDS } from '@/features/dashboard/period';
import { BAND_WORDS, BEHAVIOUR_WORDS } from '@/features/drivers/driver';
import { EXCEPTIONS, GLOSSARY, KEPT } from '@/features/help/words';
import { RECIPIENT_WORDS } from '@/features/notifications/recipients';
import { COLUMN_WORDS } from '@/features/rules/thresholds';
import { SCOPE_IN_WORDS } from '@/features/security/scopes';
import { REFUSAL_WORDS } from '@/features/session/ProviderSignIn';
import { SEVERITY_WORD } from '@/shared/severity/severity';
import { languageOf } from './choice';
import { SENTENCES } from './de';

const SOURCES = import.meta.glob<string>(['/src/**/*.{ts,tsx}', '!/src/**/*.test.*', '!/src/api/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
const CALL = /\b(?:t|counted)\(\s*(?:[\w.!() ]+(?:===|>|<)?[^',]*[?,]\s*)?((?:'(?:[^'\\]|\\.)*'(?:\s*[:,]\s*)?)+)/g;
const QUOTED = /'((?:[^'\\]|\\.)*)'/g;

/** Every sentence that stands as itself in a call of `t` or `counted`. */
function spoken(): string[] {
  return Object.values(SOURCES)
    .flatMap((source) => [...source.matchAll(CALL)])
    .flatMap(([, quoted = '']) => [...quoted.matchAll(QUOTED)].map(([, sentence = '']) => sentence.replace(/\\'/g, "'")))
    .filter((sentence) => sentence.trim() !== '');
}

const TABLES = [
  ...[
    TYPE_WORDS,
    STATE_WORDS,
    REASON_WORDS,
    SEVERITY_WORD,
    PERIOD_WORDS,
    BAND_WORDS,
    BEHAVIOUR_WORDS,
    SCOPE_IN_WORDS,
    REFUSAL_WORDS,
    DONE_WORDS,
    NAP_WORDS,
    RECIPIENT_WORDS,
    COLUMN_WORDS,
  ].flatMap((words) => Object.values(words)),
  ...Object.values(DEED_WORDS).flatMap((words) => Object.values(words)),
  ...Object.values(BULK_WORDS).flatMap((words) => Object.values(words).flat()),
  ...Object.values(GUIDANCE).flatMap(({ meaning, steps }) => [meaning, ...steps]),
  ...GLOSSARY.flat(),
  ...KEPT,
  ...EXCEPTIONS,
];
const NOT_SENTENCES = new Set(['NOTHING', 'comment']);
const gaps = (sentence: string) => [...sentence.matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort();

test('every sentence of the page has a German one', () => {
  const missing = new Set(
    [...spoken(), ...TABLES].filter((sentence) => !(sentence in SENTENCES) && !NOT_SENTENCES.has(sentence)),
  );
  expect(spoken().length).toBeGreaterThan(300);
  expect([...missing]).toEqual([]);
});

test('a German sentence fills the same gaps as the English one', () => {
  const different = Object.entries(SENTENCES).filter(([english, german]) => gaps(english).join() !== gaps(german).join());
  expect(different).toEqual([]);
});

test.each<[Parameters<typeof languageOf>, string]>([
  [['system', ['fr-FR', 'de-AT', 'en']], 'de'],
  [['system', ['fr-FR']], 'en'],
  [['en', ['de-DE']], 'en'],
])('asked for %o the page speaks %s', (asked, language) => {
  expect(languageOf(...asked)).toBe(language);
});
