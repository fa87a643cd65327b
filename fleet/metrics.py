"""Prometheus metrics of the path, one definition for every process.

With `PROMETHEUS_MULTIPROC_DIR` set, all processes of a machine share one folder and the API's `/metrics` adds them up.
"""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

STAGE_SECONDS = Histogram("fleetguard_stage_seconds", "Time spent in a stage, per batch.", ["stage"], buckets=_FAST)
READING_LAG_SECONDS = Histogram(
    "fleetguard_reading_lag_seconds", "From a reading's arrival at ingest to its committed decision.", buckets=_FAST
)
READINGS = Counter("fleetguard_readings_total", "Readings committed to the store.", ["outcome"])
QUARANTINED = Counter(
    "fleetguard_quarantined_total", "Values set to null: wrong type or out of physical range.", ["signal", "reason"]
)
UNKNOWN_KEYS = Counter("fleetguard_unknown_keys_total", "Payload keys that are no signal.")
DEAD_LETTERS = Counter("fleetguard_dead_letters_total", "Payloads that could not be decoded.", ["reason"])
SHED = Counter("fleetguard_shed_total", "Work refused or dropped because a bounded queue was full.", ["queue"])
UNSCORED = Counter("fleetguard_unscored_total", "Readings stored and not scored.", ["reason"])
SCORING_FAILURES = Counter("fleetguard_scoring_failures_total", "Scoring calls that failed and were repeated.")
BATCH_FAILURES = Counter("fleetguard_batch_failures_total", "Batches that were not acked and will be redelivered.", ["reason"])
ALERT_CHANGES = Counter("fleetguard_alert_changes_total", "Changes of alerts that were committed.", ["type", "change"])
QUEUE_ROWS = Gauge("fleetguard_queue_rows", "Readings waiting in ingest.", ["actor"], multiprocess_mode="livesum")
BROKER_REFUSED = Counter(
    "fleetguard_broker_refused_total", "What the broker refused: a foreign topic, an oversized payload.", ["reason"]
)
