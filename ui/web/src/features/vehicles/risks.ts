/** A vehicle's forecasts by part, the worst first at the longest horizon. */
import type { Forecast } from '@/api';

export interface PartRisk {
  component: string;
  byHorizon: ReadonlyMap<number, Forecast>;
  /** The one that looks furthest. */
  last: Forecast;
}

export function risksByPart(items: readonly Forecast[]): { parts: PartRisk[]; horizons: number[] } {
  const parts = [...Map.groupBy(items, ({ component }) => component)].map(([component, risks]) => ({
    component,
    byHorizon: new Map(risks.map((risk) => [risk.horizonH, risk])),
    last: risks.reduce((furthest, risk) => (risk.horizonH > furthest.horizonH ? risk : furthest)),
  }));
  return {
    parts: parts.sort((a, b) => b.last.probability - a.last.probability || a.component.localeCompare(b.component)),
    horizons: [...new Set(items.map(({ horizonH }) => horizonH))].sort((a, b) => a - b),
  };
}
