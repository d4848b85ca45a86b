"""What every asset of a system's night starts from: the system, its days, and what may be known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from aiops_pipelines.partitions import selected
from aiops_pipelines.portfolio import Hospital, System
from aiops_pipelines.resources import Clock, PortfolioResource


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
