/** The four severities, worst first, with the words people read. */
import type { Anomaly } from '@/api';

export type Severity = Anomaly['severity'];

export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const satisfies readonly Severity[];

export const SEVERITY_WORD: Record<Severity, string> = {
  CRITICAL: 'Critical',
  HIGH: 'High',
  MEDIUM: 'Medium',
  LOW: 'Low',
};

/** 0 for none, rising with severity, for sorting. */
export function severityRank(severity: Severity | null | undefined): number {
  return severity ? SEVERITIES.length - SEVERITIES.indexOf(severity) : 0;
}
