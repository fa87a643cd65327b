/** Alerts for the tests, told apart by the second in which they began. */
import type { Alert } from './alert';

const MIDNIGHT = Date.UTC(2026, 10, 24);

export function alertAt(second: number, changes: Partial<Alert> = {}): Alert {
  const startedAt = new Date(MIDNIGHT + second * 1000).toISOString();
  return {
    id: `a${second}`,
    seq: second,
    tenantId: 'acme',
    vehicleId: `VH-${second}`,
    driverId: null,
    type: 'HARSH_BRAKING',
    severity: 'HIGH',
    state: 'OPEN',
    active: false,
    startedAt,
    endedAt: startedAt,
    timestamp: startedAt,
    confidence: 0.9,
    modelVersion: 'driver-3',
    evidence: [],
    occurrences: 1,
    lastSeen: startedAt,
    acknowledgedBy: null,
    acknowledgedByName: null,
    acknowledgedAt: null,
    assignedTo: null,
    assignedToName: null,
    verdict: null,
    dismissalReason: null,
    snoozedUntil: null,
    snoozedBy: null,
    snoozedByName: null,
    ...changes,
  };
}
