"""The JSON of an anomaly: the sink writes it into the stream, the API and the live streams show it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fleet.alerts import Severity


def rfc3339(moment: datetime | None) -> str | None:
    """A UTC moment as people and browsers exchange it, `2026-11-24T12:00:00.250Z`."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def anomaly_json(row: Mapping[str, Any], tenant_slug: str) -> dict[str, Any]:
    """An anomaly from a row of `alerts`.

    The outside knows tenants by their slug, as in the MQTT topics. `timestamp` is the start of the newest
    episode, `startedAt` that of the first. `acknowledgedByName`, `assignedToName` and `snoozedByName` are only there when
    the row brings them: names of people are joined on reading, never stored in the stream.
    """
    snoozer = row["snoozed_by"] if row["snoozed_until"] else None
    return {
        "id": str(row["alert_id"]),
        "seq": row["seq"],
        "tenantId": tenant_slug,
        "vehicleId": row["vehicle_id"],
        "driverId": row["driver_id"],
        "type": row["type"],
        "severity": Severity(row["severity"]).name,
        "state": row["state"],
        "active": row["active"],
        "startedAt": rfc3339(row["started_at"]),
        "endedAt": rfc3339(row["ended_at"]),
        "timestamp": rfc3339(row["episode_at"]),
        "confidence": round(float(row["confidence"]), 4),
        "modelVersion": row["model_version"],
        "evidence": [_evidence_json(reason) for reason in _decoded(row["evidence"])],
        "occurrences": row["occurrences"],
        "lastSeen": rfc3339(row["last_seen"]),
        "acknowledgedBy": _id(row["acknowledged_by"]),
        "acknowledgedByName": row.get("acknowledged_by_name"),
        "acknowledgedAt": rfc3339(row["acknowledged_at"]),
        "assignedTo": _id(row["assigned_to"]),
        "assignedToName": row.get("assigned_to_name"),
        "verdict": row["verdict"],
        "dismissalReason": row["dismissal_reason"],
        "snoozedUntil": rfc3339(row["snoozed_until"]),
        "snoozedBy": _id(snoozer),
        "snoozedByName": row.get("snoozed_by_name") if snoozer else None,
    }


def _id(person: UUID | None) -> str | None:
    return None if person is None else str(person)


def _decoded(evidence: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    reasons: list[dict[str, Any]] = json.loads(evidence) if isinstance(evidence, str) else evidence
    return reasons


def _evidence_json(reason: Mapping[str, Any]) -> dict[str, Any]:
    return {key: reason.get(key) for key in ("signal", "unit", "observed", "expected", "text", "contribution")}
