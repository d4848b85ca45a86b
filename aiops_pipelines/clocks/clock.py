"""A running clock: from which event it counts, when it is due, and how it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aiops_pipelines.clocks.calendar import BusinessCalendar
from aiops_pipelines.clocks.deadline import deadline
from aiops_pipelines.clocks.span import Pause, Span


class Anchor(StrEnum):
    """The event from which a clock counts."""

    DETECTED = "detected"
    AWARE = "aware"
    REPORTED = "reported"
    ACKNOWLEDGED = "acknowledged"


class ClockState(StrEnum):
    """How a clock stands."""

    NOT_STARTED = "not started"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    OVERDUE = "overdue"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock as read at one instant.

    `started` is the anchor's instant, `due` the deadline (UTC); both None before the anchor's
    event, `due` also while a pause holds it off. Met and missed are final: what was due was done
    in time, or late; overdue means it is still undone.
    """

    state: ClockState
    started: datetime | None
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Clock:
    """What must be done within `span` of `anchor`."""

    name: str
    anchor: Anchor
    span: Span

    def read(
        self,
        events: Mapping[Anchor, datetime],
        calendar: BusinessCalendar,
        now: datetime,
        done: datetime | None = None,
        pauses: Iterable[Pause] = (),
    ) -> Reading:
        """Return how the clock stands at `now`; `done` is when what was due was done."""
        started = events.get(self.anchor)
        if started is None:
            return Reading(ClockState.NOT_STARTED, None, None)
        stops = tuple(pauses)
        due = deadline(started, self.span, calendar, stops)
        if done is not None:
            in_time = due is None or done <= due
            return Reading(ClockState.MET if in_time else ClockState.MISSED, started, due)
        if due is not None and now > due:
            return Reading(ClockState.OVERDUE, started, due)
        paused = any(stop.covers(now) for stop in stops)
        return Reading(ClockState.PAUSED if paused else ClockState.RUNNING, started, due)
