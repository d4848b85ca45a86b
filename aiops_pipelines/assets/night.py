"""What every asset of a system's night starts from: the system, its days, and what may be known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from aiops_pipelines.partitions import selected, system_day
from aiops_pipelines.portfolio import Hospital, System
from aiops_pipelines.resources import Clock, PortfolioResource

LONG_RANGE = 31


@dataclass(frozen=True, slots=True)
class Night:
    """A run's system and days, and the day up to whose end everything received is known."""

    hospital: Hospital
    system: System
    days: tuple[date, ...]
    as_of: date


def night(
    keys: Iterable[str], tags: Mapping[str, str], portfolio: PortfolioResource, clock: Clock
) -> Night:
    """Return the night that a run with these partition keys and tags works on."""
    system_id, days = selected(keys)
    book = portfolio.read()
    return Night(
        book.hospital, book.system(system_id), tuple(days), clock.as_of(tags, book.hospital)
    )


def show_days(
    context: dg.AssetExecutionContext, system: str, days: Mapping[date, Mapping[str, Any]]
) -> None:
    """Attach each day's metadata to its partition; over long ranges, their number only.

    Dagster lists the whole range anew for each partition that metadata is given for, which a run
    of one day need not name.
    """
    if len(days) > LONG_RANGE:
        context.add_asset_metadata({"days in this run": len(days)})
        return
    if len(days) == 1:
        context.add_asset_metadata(next(iter(days.values())))
        return
    for day, metadata in days.items():
        context.add_asset_metadata(metadata, partition_key=system_day(day, system))
