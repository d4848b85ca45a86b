"""The states of an incident and the only steps that lead from one to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where an incident stands. A historical one came from a past day that was evaluated late."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DUPLICATE = "duplicate"
    FALSE_ALARM = "false alarm"
    HISTORICAL = "historical"


ENDED = frozenset({Status.CLOSED, Status.DUPLICATE, Status.FALSE_ALARM, Status.HISTORICAL})
"""States that wait for nobody."""

WORKED = frozenset(Status) - ENDED


@dataclass(frozen=True, slots=True)
class Step:
    """A person's step: from which states it may be taken and to which it leads."""

    name: str
    before: frozenset[Status]
    after: Status
    needs_reason: bool = True


def _steps(*steps: Step) -> Mapping[str, Step]:
    return {step.name: step for step in steps}


STEPS = _steps(
    Step("acknowledge", frozenset({Status.OPEN}), Status.ACKNOWLEDGED, needs_reason=False),
    Step(
        "investigate",
        frozenset({Status.OPEN, Status.ACKNOWLEDGED, Status.MITIGATED, Status.RESOLVED}),
        Status.INVESTIGATING,
        needs_reason=False,
    ),
    Step(
        "mitigate",
        frozenset({Status.OPEN, Status.ACKNOWLEDGED, Status.INVESTIGATING, Status.MITIGATED}),
        Status.MITIGATED,
    ),
    Step(
        "resolve",
        frozenset({Status.ACKNOWLEDGED, Status.INVESTIGATING, Status.MITIGATED}),
        Status.RESOLVED,
    ),
    Step("close", frozenset({Status.RESOLVED, Status.HISTORICAL}), Status.CLOSED),
    Step("duplicate", WORKED, Status.DUPLICATE),
    Step("false-alarm", WORKED, Status.FALSE_ALARM),
)
"""The steps of people. The machine opens, and opens again what was resolved; it closes nothing."""
