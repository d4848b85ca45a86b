"""A hospital-local day as a span of instants."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class DaySpan:
    """The first microsecond (since 1970, UTC) of a day and the first of the next."""

    start: int
    end: int


def day_span(day: date, zone: ZoneInfo) -> DaySpan:
    """Return the span of `day` in `zone`: 23 to 25 hours."""
    return DaySpan(_midnight(day, zone), _midnight(day + timedelta(days=1), zone))


def _midnight(day: date, zone: ZoneInfo) -> int:
    moment = datetime.combine(day, time(0), zone)
    return (moment - _EPOCH) // timedelta(microseconds=1)
