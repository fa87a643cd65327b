/** Thresholds as the fleet has them, and as somebody is changing them. Shares of one. */
import type { AlertRule, OwnThreshold } from '@/api';

export const COLUMNS = ['fleet', 'car', 'van', 'truck'] as const;
export type Column = (typeof COLUMNS)[number];
export const COLUMN_WORDS: Record<Column, string> = { fleet: 'All vehicles', car: 'Cars', van: 'Vans', truck: 'Trucks' };

/** What was changed, by type and column; null where a threshold of one's own was taken away. */
export type Draft = Readonly<Record<string, number | null>>;

export function changed(draft: Draft, { type }: AlertRule, column: Column, threshold: number | null): Draft {
  return { ...draft, [keyOf(type, column)]: threshold };
}

/** The fleet's own threshold in this column, null where it has none there. */
export function ownIn(draft: Draft, rule: AlertRule, column: Column): number | null {
  const typed = draft[keyOf(rule.type, column)];
  return typed === undefined ? heldIn(rule, column) : typed;
}

/** What holds where the column has nothing of its own. */
export function otherwiseIn(draft: Draft, rule: AlertRule, column: Column): number {
  return (column === 'fleet' ? null : ownIn(draft, rule, 'fleet')) ?? rule.usual;
}

export function countChanges(rules: readonly AlertRule[], draft: Draft): number {
  return each(rules).filter(([rule, column]) => ownIn(draft, rule, column) !== heldIn(rule, column)).length;
}

/** All thresholds that shall hold. */
export function proposalOf(rules: readonly AlertRule[], draft: Draft): OwnThreshold[] {
  return each(rules).flatMap(([rule, column]) => {
    const threshold = ownIn(draft, rule, column);
    return threshold === null ? [] : [{ type: rule.type, vehicleClass: column === 'fleet' ? null : column, threshold }];
  });
}

function heldIn(rule: AlertRule, column: Column): number | null {
  return column === 'fleet' ? rule.fleet : (rule.classes[column] ?? null);
}

function each(rules: readonly AlertRule[]): [AlertRule, Column][] {
  return rules.flatMap((rule) => COLUMNS.map((column): [AlertRule, Column] => [rule, column]));
}

function keyOf(type: AlertRule['type'], column: Column): string {
  return `${column} ${type}`;
}
