/** Driver scores in words. */
import type { DriverScore, ScoreContribution } from '@/api';

export type { DriverScore, ScoreContribution };
export type Band = NonNullable<DriverScore['band']>;

export const BAND_WORDS: Record<Band, string> = { EXCELLENT: 'Excellent', GOOD: 'Good', FAIR: 'Fair', POOR: 'Poor' };

export const BEHAVIOUR_WORDS: Record<string, string> = {
  HARSH_BRAKING: 'Harsh braking',
  HARSH_ACCELERATION: 'Harsh acceleration',
  HARSH_CORNERING: 'Harsh cornering',
  SPEEDING: 'Speeding',
  FATIGUE: 'Fatigue',
  AGGRESSIVE_DRIVING: 'Aggressive driving',
  FUEL_CONSUMPTION: 'Fuel consumption',
  IDLING: 'Idling',
  LATENESS: 'Lateness',
};

export const TONE: Record<Band, string> = {
  EXCELLENT: 'bg-good-soft text-good-ink',
  GOOD: 'bg-low-soft text-low-ink',
  FAIR: 'bg-medium-soft text-medium-ink',
  POOR: 'bg-high-soft text-high-ink',
};

const LEAST: readonly (readonly [points: number, band: Band])[] = [
  [90, 'EXCELLENT'],
  [75, 'GOOD'],
  [60, 'FAIR'],
];

/** The band that so many points fall into. */
export function bandOf(points: number): Band {
  return LEAST.find(([least]) => points >= least)?.[1] ?? 'POOR';
}

export function behaviourInWords(name: string): string {
  return BEHAVIOUR_WORDS[name] ?? name.replace(/_/g, ' ').toLowerCase();
}
