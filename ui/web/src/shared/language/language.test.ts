import { afterEach, expect, test } from 'vitest';
import { counted, speak, t } from './language';

afterEach(() => speak('en-GB', {}));

test('a sentence without a translation is said in English rather than left out', () => {
  speak('de-DE', {});
  expect(t('Pause live updates')).toBe('Pause live updates');
});

test('numbers in a sentence are written as the language writes them', () => {
  speak('de-DE', { '{count} alerts': '{count} Meldungen' });
  expect(counted(1200, 'One alert', '{count} alerts')).toBe('1.200 Meldungen');
});

test('one is said as one', () => {
  expect(counted(1, 'One alert', '{count} alerts')).toBe('One alert');
});

test('a gap that nobody fills stays visible', () => {
  expect(t('Open vehicle {vehicle}', {})).toBe('Open vehicle {vehicle}');
});
