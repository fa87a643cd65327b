import { expect, test } from 'vitest';

const SOURCES = import.meta.glob<string>(['/src/**/*.{ts,tsx,css}', '!/src/**/*.test.*', '!/src/api/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
/** A map lays its marks by the screen's own coordinates: east is on the right in every language. */
const BY_COORDINATES = '/src/features/vehicles/map/Marker.tsx';

const UTILITY =
  /(?<![\w-])(?:[a-z0-9-]+:)*-?(?:(?:scroll-)?[mp][lr]-[\w[]|(?:left|right)-(?:\d|auto|full|px|\[)|text-(?:left|right)(?![\w-])|border-[lr](?![a-z])|rounded-(?:[lr]|[tb][lr])(?![a-z])|(?:float|clear)-(?:left|right)(?![\w-]))\S*/g;
const PROPERTY =
  /\b(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|(?:margin|padding|border)(?:Left|Right)\w*|border-(?:top|bottom)-(?:left|right)-radius)(?=\s*:)|text-align:\s*(?:left|right)/g;
const PLACE = /(?<=style=\{\{[^}]*|style: \{[^}]*)\b(?:left|right):|(?<=[;{]\s*)(?:left|right):(?=\s*[^;{}]*;)/g;

function physical(source: string): string[] {
  return [UTILITY, PROPERTY, PLACE].flatMap((pattern) => source.match(pattern) ?? []);
}

test('the page is laid out from start to end, never from left to right', () => {
  const found = Object.entries(SOURCES)
    .filter(([path]) => path !== BY_COORDINATES)
    .flatMap(([path, source]) => physical(source).map((what) => `${path}: ${what}`));
  expect(Object.keys(SOURCES).length).toBeGreaterThan(150);
  expect(found).toEqual([]);
});

test.each([
  `className="sm:-ml-2 flex"`,
  `className={\`border-l-4 \${edge}\`}`,
  `className="focus:left-2"`,
  `'text-right'`,
  `className="rounded-tr-lg"`,
  `style={{ width: 3, left: '3%' }}`,
  `style={{ marginLeft: 3 }}`,
  `.card { margin-left: 3px; }`,
  `.card { top: 0; left: 3px; }`,
  `td { text-align: right; }`,
])('%s is found', (source) => {
  expect(physical(source)).toHaveLength(1);
});

test.each([
  `className="ms-2 border-s-4 text-end start-2"`,
  `t('It left-aligns, the right-most is left.')`,
  `{ left: 52, right: 14 }`,
])('%s is not', (source) => {
  expect(physical(source)).toEqual([]);
});
