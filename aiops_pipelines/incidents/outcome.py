"""What goes into the desk and what comes out: outcomes of checks, incidents, their timelines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One evaluation of one asset check of one system's day.

    `evaluated_at` is aware. Only a failure with severity "error" opens an incident. `summary` is
    one sentence and `evidence` JSON-safe, both without patient-level data; `evaluation_id`
    numbers the evaluations of its source, later ones higher.
    """

    system: str
    check: str
    area: str
    day: date
    as_of: date
    evaluated_at: datetime
    passed: bool
    severity: Literal["warn", "error"]
    summary: str
    evidence: Mapping[str, Any]
    evaluation_id: int


@dataclass(frozen=True, slots=True)
class Who:
    """Who takes a step at the desk, when (aware) and why; the audit trail keeps all three."""

    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an incident's timeline: failed, warned, recovered, or a step by a person."""

    kind: str
    day: date
    as_of: date
    at: datetime
    by: str
    summary: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Duty:
    """A report owed to a regulator or manufacturer, due at an instant; `done_at` once filed."""

    regime: str
    duty: str
    due: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Restriction:
    """A mitigation in force on a system: "pause" or "heightened review"."""

    incident: str
    system: str
    kind: str
    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident: one episode of one failing check of one system, or one report by people.

    `source` is "checks", "people" or the name of the system that sent the report. `recovered_on`
    is the first day the check passed again; a person closes the incident. A historical incident
    came from a past day that was evaluated late, and waits for nobody. `safety` holds the fields
    of a report (`incidents.report`); `revision` counts the incident's changes.
    """

    id: str
    system: str
    check: str
    area: str
    severity: str
    status: str
    owner: str
    summary: str
    opened: date
    last_failed: date
    recovered_on: date | None
    detected_at: datetime
    acknowledge_by: datetime
    resolve_by: datetime
    historical: bool
    contain_by: datetime | None = None
    clock_start: datetime | None = None
    source: str = "checks"
    external_id: str | None = None
    revision: int = 1
    system_version: str = ""
    assignee: str = ""
    escalated_to: str = ""
    occurred_at: datetime | None = None
    aware_at: datetime | None = None
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    duplicate_of: str | None = None
    cause: str = ""
    capa: str = ""
    safety: Mapping[str, Any] = field(default_factory=dict)
    duties: tuple[Duty, ...] = ()
    timeline: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """What an outcome or a step did: opened, failed again, recovered, acknowledged ..."""

    incident: str
    kind: str
    day: date
