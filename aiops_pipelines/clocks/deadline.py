"""When a span ends, and how much of one has passed, under a calendar and with pauses.

Hours pass in absolute time, so a night of a clock change is as long as it is. Business hours pass
while business is open. A day passes at its end: one at whose end the clock stands still is not
counted, so a pause moves a deadline by the day ends that lie in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from aiops_pipelines.clocks.calendar import BusinessCalendar, aware
from aiops_pipelines.clocks.span import Pause, Span, Unit

_Window = tuple[datetime, datetime]
_FOREVER = datetime.max.replace(tzinfo=UTC)
_ONE_DAY = timedelta(days=1)


def deadline(
    anchor: datetime, span: Span, calendar: BusinessCalendar, pauses: Iterable[Pause] = ()
) -> datetime | None:
    """Return the instant (UTC) by which `span` after `anchor` ends.

    None while a pause without an end holds it off. Raises ValueError for a naive `anchor`.
    """
    start = aware(anchor)
    stops = _merged(pauses)
    if span.unit.is_days:
        return _end_of_days(start, span, calendar, stops)
    wanted = timedelta(hours=span.amount)
    if not wanted:
        return start
    for opens, closes in _running(_windows(start, span.unit, calendar), stops):
        if closes - opens >= wanted:
            return opens + wanted
        wanted -= closes - opens
    return None


def elapsed(
    anchor: datetime,
    until: datetime,
    unit: Unit,
    calendar: BusinessCalendar,
    pauses: Iterable[Pause] = (),
) -> float:
    """Return how much of `unit` has passed from `anchor` to `until` (0 where `until` is earlier).

    Days are whole: those after the anchor's day whose end has passed.
    """
    start, end = aware(anchor), aware(until)
    stops = _merged(pauses)
    if end <= start:
        return 0.0
    if unit.is_days:
        return float(_days_passed(start, end, unit, calendar, stops))
    total = timedelta()
    for opens, closes in _running(_windows(start, unit, calendar), stops):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total / timedelta(hours=1)


def _end_of_days(
    start: datetime, span: Span, calendar: BusinessCalendar, stops: Sequence[_Window]
) -> datetime | None:
    day, wanted = calendar.local_day(start), int(span.amount)
    found = _nth_day(start, wanted, span.unit, calendar, stops) if wanted else day
    if found is None:
        return None
    if span.rolls:
        found = calendar.add_work_days(found, 0)
    return calendar.end_of(found)


def _nth_day(
    start: datetime,
    wanted: int,
    unit: Unit,
    calendar: BusinessCalendar,
    stops: Sequence[_Window],
) -> date | None:
    day, reach = calendar.local_day(start), 2 * wanted + 30
    while True:
        counted = np.flatnonzero(_counted(start, reach, unit, calendar, stops))
        if len(counted) >= wanted:
            return day + timedelta(days=int(counted[wanted - 1]) + 1)
        if (
            stops
            and stops[-1][1] == _FOREVER
            and calendar.start_of(day + reach * _ONE_DAY) > stops[-1][0]
        ):
            return None
        reach *= 2


def _days_passed(
    start: datetime,
    end: datetime,
    unit: Unit,
    calendar: BusinessCalendar,
    stops: Sequence[_Window],
) -> int:
    last = calendar.local_day(end)
    days = (last - calendar.local_day(start)).days
    if calendar.end_of(last) > end:
        days -= 1
    return int(_counted(start, max(days, 0), unit, calendar, stops).sum())


def _counted(
    start: datetime,
    days: int,
    unit: Unit,
    calendar: BusinessCalendar,
    stops: Sequence[_Window],
) -> NDArray[np.bool_]:
    """Return for each of `days` days after the day of `start` whether it counts, shape (days,)."""
    first = calendar.local_day(start) + _ONE_DAY
    horizon = calendar.start_of(first + days * _ONE_DAY)
    counted = np.ones(days, dtype=np.bool_)
    if unit is Unit.WORK_DAYS:
        counted = calendar.work_days(first, days)
    for stands, runs in stops:
        if stands >= horizon:
            break
        stood = calendar.local_day(stands), calendar.local_day(min(runs, horizon))
        begin, end = ((day - first).days for day in stood)
        if calendar.end_of(stood[0]) < stands:
            begin += 1
        if calendar.end_of(stood[1]) < runs:
            end += 1
        counted[max(begin, 0) : max(end, 0)] = False
    return counted


def _windows(start: datetime, unit: Unit, calendar: BusinessCalendar) -> Iterator[_Window]:
    if unit is Unit.BUSINESS_HOURS:
        return calendar.business_windows(start)
    return iter([(start, _FOREVER)])


def _running(windows: Iterable[_Window], stops: Sequence[_Window]) -> Iterator[_Window]:
    """Yield the parts of `windows` that lie outside `stops`, which are in order and apart."""
    for opens, closes in windows:
        at = opens
        for stands, runs in stops:
            if stands >= closes:
                break
            if stands > at:
                yield at, stands
            at = max(at, runs)
        if at == _FOREVER:
            return
        if at < closes:
            yield at, closes


def _merged(pauses: Iterable[Pause]) -> tuple[_Window, ...]:
    """Return the pauses in UTC, in order, overlapping ones joined."""
    merged: list[_Window] = []
    for start, end in sorted((p.start.astimezone(UTC), _end(p)) for p in pauses):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return tuple(merged)


def _end(pause: Pause) -> datetime:
    return pause.end.astimezone(UTC) if pause.end else _FOREVER
