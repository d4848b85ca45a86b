"""A hospital's work days and business hours in its own time zone.

Holidays come from the `holidays` library, by country and subdivision, plus the hospital's own
closures. Days are the hospital's local days; instants are handed on in UTC.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np
from numpy.typing import NDArray

_ONE_DAY = timedelta(days=1)
_ANY_YEAR = 2026


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days are work days, and from when to when business is open on them.

    `week` holds the ISO numbers of working weekdays (1 Monday to 7 Sunday). Business runs from
    `opens` to `closes` local time; `closes` at 00:00 is the end of the day.

    Raises:
        ValueError: an unknown country, subdivision or time zone, no working weekday, or business
            that closes before it opens.
    """

    time_zone: str
    country: str
    subdivision: str | None = None
    closures: frozenset[date] = frozenset()
    week: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    opens: time = time(8)
    closes: time = time(17)

    def __post_init__(self) -> None:
        holiday_names(self.country, self.subdivision, _ANY_YEAR)
        ZoneInfo(self.time_zone)
        if not self.week or not self.week <= set(range(1, 8)):
            raise ValueError(f"week: needs ISO weekdays from 1 to 7, has {sorted(self.week)}")
        if self.closes != time(0) and self.closes <= self.opens:
            raise ValueError(f"business must close ({self.closes}) after it opens ({self.opens})")

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone."""
        return ZoneInfo(self.time_zone)

    def local_day(self, instant: datetime) -> date:
        """Return the local day of an aware instant; raise ValueError for a naive one."""
        return aware(instant).astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """Return the first instant of a local day, in UTC."""
        return datetime.combine(day, time(0), self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """Return the last second of a local day, in UTC."""
        return self.start_of(day + _ONE_DAY) - timedelta(seconds=1)

    def is_work_day(self, day: date) -> bool:
        """Tell whether `day` is a working weekday, no holiday and no closure."""
        return bool(np.is_busday(day, busdaycal=self._busdays(day.year, day.year)))

    def work_days(self, first: date, days: int) -> NDArray[np.bool_]:
        """Return whether each of `days` days from `first` on is a work day, shape (days,)."""
        stretch = np.datetime64(first, "D") + np.arange(days)
        last = first + timedelta(days=max(days - 1, 0))
        result: NDArray[np.bool_] = np.is_busday(
            stretch, busdaycal=self._busdays(first.year, last.year)
        )
        return result

    def add_work_days(self, day: date, count: int) -> date:
        """Return the `count`-th work day after `day` (before it, for a negative count).

        0 gives `day` itself, or the next work day where it is none.
        """
        reach = timedelta(days=3 * abs(count) + 60)
        busdays = self._busdays((day - reach).year, (day + reach).year)
        start = np.datetime64(day, "D")
        if count > 0:
            found = np.busday_offset(start, count, roll="backward", busdaycal=busdays)
        else:
            found = np.busday_offset(start, count, roll="forward", busdaycal=busdays)
        return date.fromisoformat(str(found))

    def business_windows(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the business hours that end after `since`, without end, as instants in UTC."""
        day = self.local_day(since)
        while True:
            if self.is_work_day(day):
                opens = datetime.combine(day, self.opens, self.zone).astimezone(UTC)
                closes = datetime.combine(day, self.closes, self.zone).astimezone(UTC)
                if self.closes == time(0):
                    closes = self.start_of(day + _ONE_DAY)
                if closes > since:
                    yield max(opens, since), closes
            day += _ONE_DAY

    def _busdays(self, first: int, last: int) -> np.busdaycalendar:
        return _busdays(self.country, self.subdivision, self.closures, self.week, first, last)


@cache
def holiday_names(country: str, subdivision: str | None, year: int) -> Mapping[date, str]:
    """Return the holidays of a year by day; raise ValueError for an unknown country or part."""
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=year)
    except NotImplementedError as error:
        raise ValueError(f"no calendar of holidays for {country} {subdivision or ''}") from error
    return dict(found.items())


@cache
def _busdays(
    country: str,
    subdivision: str | None,
    closures: frozenset[date],
    week: frozenset[int],
    first: int,
    last: int,
) -> np.busdaycalendar:
    closed = set(closures)
    for year in range(first, last + 1):
        closed |= set(holiday_names(country, subdivision, year))
    return np.busdaycalendar(
        weekmask=[weekday in week for weekday in range(1, 8)], holidays=sorted(closed)
    )


def aware(instant: datetime) -> datetime:
    """Return an instant in UTC; raise ValueError where it has no time zone."""
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone, has none: {instant}")
    return instant.astimezone(UTC)
