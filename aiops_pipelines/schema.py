"""The columns of every table in the lake: one place for each name and type.

Predictions and labels have a fixed part and, for predictions, the features and subgroups that the
system's portfolio entry names. Everything evaluated, from data quality to SLA clauses, is a row of
the one table `FIGURES`.
"""

from enum import StrEnum

import pyarrow as pa

from aiops_pipelines.portfolio import System

TIMESTAMP = pa.timestamp("us", tz="UTC")
_WORD = pa.dictionary(pa.int32(), pa.string())

QUARANTINE = pa.schema(
    [
        pa.field("feed", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64()),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("column", pa.string()),
        pa.field("masked_value", pa.string()),
    ]
)
"""One row a refused row (or file: `row` null), with line number, rule and the value masked."""

QUARANTINE_RELEASES = pa.schema(
    [
        pa.field("feed", pa.string(), nullable=False),
        pa.field("released_at", TIMESTAMP, nullable=False),
        pa.field("released_by", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("held_before", pa.int64(), nullable=False),
        pa.field("held_after", pa.int64(), nullable=False),
    ]
)
"""Who let a day's quarantined rows be read again, and why: one row a release, never changed."""

LABELS = pa.schema(
    [
        pa.field("case_id", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("decided_at", TIMESTAMP),
        pa.field("received_at", TIMESTAMP, nullable=False),
        pa.field("source", _WORD, nullable=False),
        pa.field("reader", _WORD),
        pa.field("revision", pa.int32(), nullable=False),
    ]
)
"""All revisions of all labels known; `value` is 0/1, a class's index or a number in the unit."""

LABEL_ARRIVALS = pa.schema(
    [
        *LABELS,
        pa.field("case_day", pa.date32()),
        pa.field("file", _WORD),
        pa.field("row", pa.int64()),
    ]
)
"""The labels received on a day, each with the day of its case, null where no case is known, and
with the file and row it came in."""

DELIVERIES_SEEN = pa.schema(
    [
        pa.field("feed", pa.string(), nullable=False),
        pa.field("day", pa.date32(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
    ]
)
"""The deliveries that all counts hold, by the state of their files: those need no second look."""

FIGURES = pa.schema(
    [
        pa.field("system", pa.string(), nullable=False),
        pa.field("version", pa.string()),
        pa.field("area", pa.string(), nullable=False),
        pa.field("asset", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("operating_point", pa.string()),
        pa.field("feature", pa.string()),
        pa.field("clause", pa.string()),
        pa.field("stratum", pa.string(), nullable=False),
        pa.field("estimand", pa.string(), nullable=False),
        pa.field("day", pa.date32(), nullable=False),
        pa.field("as_of", pa.date32(), nullable=False),
        pa.field("window", pa.int32(), nullable=False),
        pa.field("window_from", pa.date32()),
        pa.field("window_to", pa.date32()),
        pa.field("n", pa.int64(), nullable=False),
        pa.field("n_positive", pa.int64()),
        pa.field("n_mature", pa.int64()),
        pa.field("n_pending", pa.int64()),
        pa.field("estimate", pa.float64()),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("level", pa.float64(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
        pa.field("baseline", pa.float64()),
        pa.field("minimum", pa.float64()),
        pa.field("maximum", pa.float64()),
        pa.field("log_e_value", pa.float64()),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("suppressed", pa.bool_(), nullable=False),
        pa.field("code", pa.string()),
        pa.field("data", pa.string()),
    ]
)
"""One evaluated figure a row. See docs/data-model.md for each column's meaning."""

EXPLANATIONS = pa.schema(
    [
        pa.field("system", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("operating_point", pa.string()),
        pa.field("day", pa.date32(), nullable=False),
        pa.field("as_of", pa.date32(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("n", pa.int64()),
        pa.field("estimate", pa.float64()),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("first_day", pa.date32()),
        pa.field("last_day", pa.date32()),
        pa.field("changed_on", pa.date32()),
        pa.field("log_bayes_factor", pa.float64()),
        pa.field("suppressed", pa.bool_(), nullable=False),
    ]
)
"""Why a performance figure is off: change points, parts, slices and events, one a row."""


class ServiceEvent(StrEnum):
    """What a row of the service-event feed can say."""

    UP = "up"
    DOWN = "down"
    MAINTENANCE_BEGINS = "maintenance begins"
    MAINTENANCE_ENDS = "maintenance ends"
    LATENCY = "latency"
    TICKET_OPENED = "ticket opened"
    TICKET_ANSWERED = "ticket answered"


SERVICE_EVENTS = pa.schema(
    [
        pa.field("event", pa.string(), nullable=False),
        pa.field("at", TIMESTAMP, nullable=False),
        pa.field("seconds", pa.float64()),
        pa.field("ticket", pa.string()),
    ]
)
"""What the service's monitoring said on a day; `seconds` of a latency, `ticket` of support."""

EVIDENCE_LEDGER = pa.schema(
    [
        pa.field("system", pa.string(), nullable=False),
        pa.field("clause", pa.string(), nullable=False),
        pa.field("night", pa.date32(), nullable=False),
        pa.field("terms", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("operating_point", pa.string()),
        pa.field("stratum", pa.string(), nullable=False),
        pa.field("minimum", pa.float64()),
        pa.field("maximum", pa.float64()),
        pa.field("events", pa.int64()),
        pa.field("trials", pa.int64()),
        pa.field("withdrawn_events", pa.int64()),
        pa.field("withdrawn_trials", pa.int64()),
        pa.field("events_total", pa.int64()),
        pa.field("trials_total", pa.int64()),
        pa.field("n", pa.int64(), nullable=False),
        pa.field("estimate", pa.float64()),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("method", pa.string(), nullable=False),
        pa.field("period_estimate", pa.float64()),
        pa.field("sequence_low", pa.float64()),
        pa.field("sequence_high", pa.float64()),
        pa.field("log_e_value", pa.float64()),
        pa.field("alarm", pa.bool_()),
        pa.field("alarm_since", pa.date32()),
        pa.field("proof_log_e_value", pa.float64()),
        pa.field("proven_since", pa.date32()),
        pa.field("cusum", pa.float64()),
        pa.field("cusum_warning", pa.bool_()),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("breached_since", pa.date32()),
        pa.field("state", pa.string()),
    ]
)
"""What was known of a clause after a night: one row a file, never written again."""


def predictions_schema(system: System) -> pa.Schema:
    """Return the columns of `system`'s predictions.

    Fixed: case_id, patient_id, predicted_at, received_at, version, score (a binary score in
    [0, 1], a class's index, or a number in the output's unit); then features and subgroups under
    their portfolio names.
    """
    fields = [
        pa.field("case_id", pa.string(), nullable=False),
        pa.field("patient_id", pa.string()),
        pa.field("predicted_at", TIMESTAMP, nullable=False),
        pa.field("received_at", TIMESTAMP, nullable=False),
        pa.field("version", _WORD),
        pa.field("score", pa.float64(), nullable=False),
    ]
    taken = {field.name for field in fields}
    for feature in system.features:
        kind = pa.float64() if feature.kind == "numeric" else _WORD
        fields.append(pa.field(feature.name, kind))
        taken.add(feature.name)
    fields += [pa.field(name, _WORD) for name in system.subgroups if name not in taken]
    return pa.schema(fields)


def scored_cases_schema(system: System) -> pa.Schema:
    """Return the predictions' columns with each case's current label and its state.

    Added: label (null without one), decided_at, label_received_at,
    label_first_received_at (when a label first counted), source, revision (0-based),
    label_state: pending, mature, censored or overturned.
    """
    return pa.schema(
        [
            *predictions_schema(system),
            pa.field("label", pa.float64()),
            pa.field("decided_at", TIMESTAMP),
            pa.field("label_received_at", TIMESTAMP),
            pa.field("label_first_received_at", TIMESTAMP),
            pa.field("source", _WORD),
            pa.field("revision", pa.int32()),
            pa.field("label_state", _WORD, nullable=False),
        ]
    )
