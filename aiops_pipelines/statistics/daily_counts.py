"""Checks of daily counts: how many events among how many trials, day by day.

Every sequential method is fed with pairs (events, trials) of whole numbers, 0 <= events <= trials.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import (
    IntArray,
    counts,
    is_number,
    refuse,
    same_length,
)


def whole_counts(name: str, values: ArrayLike) -> IntArray:
    """Return `values` as int64 counts; raise ValueError at the first negative or broken number."""
    array = counts(name, values)
    refuse(name, "must be a whole number", array != array.round(), array)
    return array.astype("int64")


def daily_counts(events: ArrayLike, trials: ArrayLike) -> tuple[IntArray, IntArray]:
    """Return (events, trials) as int64 vectors, one element a day.

    Raises ValueError naming argument, rule and first offending index when a count is negative,
    not whole, when events exceed trials, or when the lengths differ.
    """
    counted, tried = whole_counts("events", events), whole_counts("trials", trials)
    same_length(events=counted, trials=tried)
    refuse("events", "must not exceed trials", counted > tried, counted)
    return counted, tried


def one_date_a_day(dates: Sequence[date] | None, days: int) -> None:
    """Raise ValueError unless `dates` is None or has one element for each of `days` days."""
    if dates is not None and len(dates) != days:
        raise ValueError(f"dates: must name each day, has {len(dates)} elements for {days} days")


def one_day(events: int, trials: int) -> tuple[int, int]:
    """Return the counts of one day as plain ints; raise ValueError as `daily_counts` does."""
    counted, tried = daily_counts([events], [trials])
    return int(counted[0]), int(tried[0])


def complete_state(kind: type, state: Mapping[str, Any]) -> None:
    """Raise ValueError unless `state` holds the fields of `kind`, all of them and no other.

    A field left out would take its default: evidence that was stored would count as none.
    """
    wrong = sorted({field.name for field in fields(kind)} ^ state.keys())
    if wrong:
        rule = f"must hold each field of {kind.__name__} and no other"
        raise ValueError(f"state: {rule}; first offending field {wrong[0]!r}")


def not_below_zero(name: str, value: float) -> float:
    """Return `value`; raise ValueError unless it is a finite number not below 0."""
    if not is_number(value) or not 0 <= value < math.inf:
        raise ValueError(f"{name}: must be a finite number not below 0, is {value!r}")
    return float(value)


def open_unit(name: str, value: float) -> float:
    """Return `value`; raise ValueError unless it lies strictly between 0 and 1."""
    if not is_number(value) or not 0 < value < 1:
        raise ValueError(f"{name}: must lie strictly between 0 and 1, is {value!r}")
    return float(value)


def positive(name: str, value: float) -> float:
    """Return `value`; raise ValueError unless it is a finite number above 0."""
    if not is_number(value) or not 0 < value < math.inf:
        raise ValueError(f"{name}: must be a finite number above 0, is {value!r}")
    return float(value)
