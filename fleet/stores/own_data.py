"""What is stored about one person, for that person: no secret and no hash of one, and nothing of anybody else."""

import json
from datetime import datetime
from typing import Final, TextIO

import asyncpg

from fleet.anomaly import rfc3339
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

_ASKED: Final = "WITH asked (tenant_id, user_id, driver_id) AS (SELECT $1::uuid, $2::uuid, $3::text) "

_ACCOUNT: Final = """
SELECT json_build_object('userId', u.user_id, 'email', u.email, 'name', u.name, 'role', u.role, 'driverId', u.driver_id,
                         'tenantId', t.slug, 'tenant', t.name, 'createdAt', u.created_at, 'secondFactorSince', f.confirmed_at)
FROM asked JOIN users u USING (tenant_id, user_id) JOIN tenants t USING (tenant_id)
LEFT JOIN second_factors f USING (tenant_id, user_id)"""

# Each row is a JSON object. What a deed says of another person is left out, and so are addresses, which may hold a secret.
_LISTS: Final = {
    "sessions": """
SELECT json_build_object('sessionId', session_id, 'createdAt', created_at, 'expiresAt', expires_at, 'openedWith', opened_with)
FROM asked JOIN sessions USING (tenant_id, user_id) ORDER BY created_at, session_id""",
    "apiTokens": """
SELECT json_build_object('tokenId', token_id, 'name', name, 'scopes', scopes, 'createdAt', created_at, 'expiresAt', expires_at,
                         'lastUsedAt', last_used_at)
FROM asked JOIN api_tokens USING (tenant_id, user_id) ORDER BY created_at, token_id""",
    "pushSubscriptions": """
SELECT json_build_object('service', substring(endpoint FROM '^[a-z]+://[^/?#]+'),
                         'minSeverity', (ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[min_severity],
                         'createdAt', created_at, 'removedAt', removed_at)
FROM asked JOIN push_subscriptions USING (tenant_id, user_id) ORDER BY created_at, subscription_id""",
    "notes": """
SELECT json_build_object('at', n.at, 'alertId', n.alert_id, 'text', n.text)
FROM asked JOIN alert_notes n ON n.tenant_id = asked.tenant_id AND n.author = asked.user_id ORDER BY n.at, n.note_id""",
    "deeds": """
SELECT json_build_object('at', l.at, 'action', l.action, 'subject', CASE WHEN other.user_id IS NULL THEN l.subject END,
                         'detail', CASE WHEN other.user_id IS NULL THEN l.detail - '{assignee,url}'::text[] ELSE '{}' END)
FROM asked JOIN audit_log l ON l.tenant_id = asked.tenant_id AND l.actor = asked.user_id::text
LEFT JOIN users other ON other.tenant_id = l.tenant_id AND other.user_id::text = l.subject AND other.user_id <> asked.user_id
ORDER BY l.seq""",
    "scores": """
SELECT json_build_object('driverId', s.driver_id, 'day', s.day, 'scoredAt', s.scored_at, 'vehicleClass', s.vehicle_class,
                         'distanceKm', s.distance_km, 'score', s.score, 'lower', s.lower, 'upper', s.upper, 'band', s.band,
                         'rank', s.rank, 'measured', s.measured, 'weightsVersion', s.weights_version, 'contributions',
                         (SELECT coalesce(json_agg(part - 'class_mean' || jsonb_build_object('classMean', part -> 'class_mean')
                                                   ORDER BY place), '[]')
                          FROM jsonb_array_elements(s.contributions) WITH ORDINALITY AS parts (part, place)))
FROM asked JOIN driver_scores s USING (tenant_id, driver_id) ORDER BY s.day""",
    "drivingDays": """
SELECT json_build_object('day', day, 'vehicleId', vehicle_id, 'km', km, 'meteredKm', metered_km, 'litres', litres,
                         'engineH', engine_h, 'idleH', idle_h)
FROM asked JOIN driver_days USING (tenant_id, driver_id) ORDER BY day, vehicle_id""",
    "alerts": """
SELECT json_build_object('id', alert_id, 'vehicleId', vehicle_id, 'type', type,
                         'severity', (ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[severity], 'state', state, 'active', active,
                         'startedAt', started_at, 'endedAt', ended_at, 'lastSeen', last_seen, 'occurrences', occurrences,
                         'confidence', confidence, 'modelVersion', model_version, 'evidence', evidence,
                         'verdict', verdict, 'dismissalReason', dismissal_reason)
FROM asked JOIN alerts USING (tenant_id, driver_id) ORDER BY started_at, alert_id""",
}


async def write(pool: asyncpg.Pool, who: SignedIn, now: datetime, out: TextIO) -> None:
    """Write all of it as one JSON document, row by row: memory stays flat however long the lists are.

    Scores, driving days and alerts are of the driver that the person is; without a driver id they are empty.

    Raises:
        Unavailable: the store does not answer.
    """
    asked = who.tenant, who.user_id, who.driver_id
    async with tenant_transaction(pool, who.tenant) as connection:
        account = await connection.fetchval(_ASKED + _ACCOUNT, *asked)
        out.write(f'{{"takenAt": {json.dumps(rfc3339(now))}, "account": {account}')
        for name, query in _LISTS.items():
            out.write(f', "{name}": [')
            between = ""
            async for (row,) in connection.cursor(_ASKED + query, *asked):
                out.write(between + row)
                between = ", "
            out.write("]")
        out.write("}")
