import { expect, test } from 'vitest';
import { rulesView } from './rulesView';

const ID = '3f0c9a52-6d1b-4e0e-9d52-0a4f3f1c2b11';

test('the trial of the address is looked at, and nothing that is no id', () => {
  expect(rulesView({ trial: ID })).toEqual({ trial: ID });
  expect(rulesView({ trial: '../session' })).toEqual({});
  expect(rulesView({ trial: 7 })).toEqual({});
});
