import { describe, expect, test } from 'vitest';
import css from './tokens.css?raw';

const THEMES = { light: theme(0), dark: theme(1), contrast: { ...theme(1), ...contrastTheme() } };

/** The light (0) or dark (1) value of every colour token. */
function theme(side: number): Record<string, string> {
  return Object.fromEntries(
    [...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)].map((match) => [match[1], match[2 + side]]),
  );
}

function contrastTheme(): Record<string, string> {
  const block = css.slice(css.indexOf("[data-theme='contrast']"));
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w{6})/g)].map((match) => [match[1], match[2]]));
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ['canvas', 'surface', 'sunken', 'hover'];
const TEXT = [
  ...['ink', 'muted', 'link'].flatMap((ink) => GROUNDS.map((ground) => [ink, ground])),
  ...['critical', 'high', 'medium', 'low', 'good'].map((tone) => [`${tone}-ink`, `${tone}-soft`]),
  ...['series-1', 'series-2', 'series-3', 'series-4'].map((series) => [series, 'surface']),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['accent', 'accent-soft'],
  ['ink', 'accent-soft'],
  ['rail-ink', 'rail'],
  ['rail-muted', 'rail'],
  ['rail-ink', 'rail-current'],
];
const STROKES = [
  ...['critical', 'high', 'medium', 'low'].map((tone) => [`${tone}-mark`, 'surface']),
  ['stroke', 'surface'],
  ['stroke', 'canvas'],
  ['focus', 'surface'],
  ['focus', 'canvas'],
  ['rail-focus', 'rail'],
];

describe.each(Object.entries(THEMES))('%s', (_, tokens) => {
  const ratio = (a = '', b = '') => contrast(tokens[a] ?? '', tokens[b] ?? '');

  test.each(TEXT)('text in %s on %s reaches 7:1', (ink, ground) => {
    expect(ratio(ink, ground)).toBeGreaterThanOrEqual(7);
  });

  test.each(STROKES)('strokes in %s on %s reach 3:1', (stroke, ground) => {
    expect(ratio(stroke, ground)).toBeGreaterThanOrEqual(3);
  });
});
