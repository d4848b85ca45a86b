"""How long something may take, and the intervals in which its clock stands still."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Unit(StrEnum):
    """What a span counts."""

    HOURS = "hours"
    BUSINESS_HOURS = "business hours"
    WORK_DAYS = "work days"
    CALENDAR_DAYS = "calendar days"

    @property
    def is_days(self) -> bool:
        """Return whether whole days are counted."""
        return self in {Unit.WORK_DAYS, Unit.CALENDAR_DAYS}


@dataclass(frozen=True, slots=True)
class Span:
    """An amount of time in one unit.

    Days are whole, and the day of the anchor is not counted; a span in days ends with its last
    day. `rolls` moves an end on a day without work to the end of the next work day (for calendar
    days; as in Regulation (EEC) 1182/71, article 3(4)).

    Raises:
        ValueError: a negative amount, days that are not whole, or `rolls` of another unit.
    """

    amount: float
    unit: Unit
    rolls: bool = False

    def __post_init__(self) -> None:
        if not self.amount >= 0:
            raise ValueError(f"a span must not be negative, is {self.amount}")
        if self.unit.is_days and self.amount != int(self.amount):
            raise ValueError(f"a span in {self.unit} must be whole, is {self.amount}")
        if self.rolls and self.unit is not Unit.CALENDAR_DAYS:
            raise ValueError("only a span in calendar days can roll to the next work day")

    def __str__(self) -> str:
        words = self.unit.removesuffix("s") if self.amount == 1 else self.unit.value
        return f"{self.amount:g} {words}"


@dataclass(frozen=True, slots=True)
class Pause:
    """An interval [start, end) in which a clock stands still; `end` None: it still stands."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        for instant in (self.start, self.end):
            if instant is not None and instant.tzinfo is None:
                raise ValueError(f"a pause needs times with a zone, has {instant}")
        if self.end is not None and self.end < self.start:
            raise ValueError(f"a pause must not end ({self.end}) before its start ({self.start})")

    def covers(self, instant: datetime) -> bool:
        """Tell whether the clock stands still at `instant`."""
        return self.start <= instant and (self.end is None or instant < self.end)
