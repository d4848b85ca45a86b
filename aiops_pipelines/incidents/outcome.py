"""What goes into the desk and what comes out: outcomes of checks, incidents, their timelines."""

from collections.abc import Mapping
from dataclasses import dataclass
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
class Entry:
    """One line of an incident's timeline: failed, warned, recovered, or a step by a person."""

    kind: str
    day: date
    as_of: date
    at: datetime
    summary: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident: one episode of one failing check of one system.

    `recovered_on` is the first day the check passed again; a person closes the incident. A
    historical incident came from a past day that was evaluated late, and waits for nobody.
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
    timeline: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """What an outcome did at the desk: opened, failed again, warned or recovered an incident."""

    incident: str
    kind: str
    day: date
