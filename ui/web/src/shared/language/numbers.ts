/** Numbers as the reader's language writes them. */
import { localeInUse } from './language';

/** "12 %", "3.4 %": a share of one. */
export function percent(share: number): string {
  return `${(share * 100).toLocaleString(localeInUse(), { maximumFractionDigits: share < 0.1 ? 1 : 0 })} %`;
}

/** About three digits that matter. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return value.toLocaleString(localeInUse(), { maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 2 });
}
