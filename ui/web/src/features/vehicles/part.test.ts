import { afterEach, expect, test } from 'vitest';
import { SENTENCES } from '@/shared/language/de';
import { speak } from '@/shared/language/language';
import openapi from '../../../../openapi.json';
import { PART_LETTERS, partMeant } from './part';

const KNOWN = ['brakes', 'water_pump'];

afterEach(() => speak('en-GB', {}));

test.each([
  ['Water pump', 'water_pump'],
  ['water pump', 'water_pump'],
  ['water_pump', 'water_pump'],
  ['Clutch', 'Clutch'],
])('%s is what the forecasts call %s', (words, component) => {
  expect(partMeant(words, KNOWN)).toBe(component);
});

test('a German reader means the same part by a German word', () => {
  speak('de-DE', SENTENCES);
  expect(partMeant('wasserpumpe', KNOWN)).toBe('water_pump');
});

test('a name is as long as the server takes it', () => {
  expect(openapi.components.schemas.Visit.properties.component).toMatchObject({ maxLength: PART_LETTERS });
});
