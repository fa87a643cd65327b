/** Numbers to pixels, and the round numbers worth a label. */
export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
}

export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const span = domain[1] - domain[0] || 1;
  const scale = (value: number) => range[0] + ((value - domain[0]) / span) * (range[1] - range[0]);
  return Object.assign(scale, { domain });
}

/** Round steps (1, 2, 5 × 10ⁿ) within the domain, about `count` of them. */
export function ticks([low, high]: readonly [number, number], count: number): number[] {
  const step = roundStep((high - low) / Math.max(1, count));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** A domain around the values that starts and ends at round numbers; a flat line gets room above and below. */
export function roundDomain(values: readonly number[], count: number): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const margin = low === high ? Math.max(1, Math.abs(low) * 0.1) : 0;
  const step = roundStep((high - low + 2 * margin) / Math.max(1, count));
  return [Math.floor((low - margin) / step) * step, Math.ceil((high + margin) / step) * step];
}

const TIME_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000,
  2_592_000,
];

const LONGEST_STEP_S = 7_776_000;

/** Round moments within the span, at most `count`. */
export function timeTicks([from, to]: readonly [number, number], count: number): number[] {
  const wanted = (to - from) / 1000 / Math.max(1, count);
  const stepMs = (TIME_STEPS_S.find((step) => step >= wanted) ?? LONGEST_STEP_S) * 1000;
  const first = Math.ceil(from / stepMs) * stepMs;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / stepMs) + 1) }, (_, index) => first + index * stepMs);
}

function roundStep(rough: number): number {
  if (!(rough > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}
