"""Which deliveries need no second look, so that a look costs what is new and not what is old.

A delivery is seen in a state, that of its files and of the lake's file made from them. Forgetting
one costs a look, never a figure.
"""

import hashlib
from collections.abc import Iterable
from datetime import date

import pyarrow as pa

from aiops_pipelines.feeds import Drop
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import System
from aiops_pipelines.schema import DELIVERIES_SEEN

TABLE = "deliveries_seen"


class Seen:
    """The deliveries of one system that were seen, kept in a file for each year."""

    def __init__(self, lake: Lake, system: System) -> None:
        self._lake, self._system = lake, system
        self._held: dict[int, dict[tuple[str, date], str]] = {}
        self._new: dict[tuple[str, date], str] = {}

    def holds(self, feed: str, day: date, state: str) -> bool:
        """Tell whether the delivery of `day` was seen in this state."""
        return self._year(day.year).get((feed, day)) == state

    def add(self, feed: str, day: date, state: str) -> None:
        """Take the delivery of `day` as seen in this state."""
        self._new[feed, day] = state

    def save(self, as_of: date) -> None:
        """Write what was added."""
        for year in sorted({day.year for _, day in self._new}):
            added = {key: value for key, value in self._new.items() if key[1].year == year}
            known = self._read(year) | added
            rows = [
                {"feed": feed, "day": day, "state": state}
                for (feed, day), state in sorted(known.items())
            ]
            table = pa.Table.from_pylist(rows, schema=DELIVERIES_SEEN)
            self._lake.write(TABLE, self._system.id, date(year, 1, 1), table, as_of)
            self._held[year] = known
        self._new = {}

    def _year(self, year: int) -> dict[tuple[str, date], str]:
        if year not in self._held:
            self._held[year] = self._read(year)
        return self._held[year]

    def _read(self, year: int) -> dict[tuple[str, date], str]:
        table = self._lake.find(TABLE, self._system.id, date(year, 1, 1))
        rows = [] if table is None else table.to_pylist()
        return {(row["feed"], row["day"]): row["state"] for row in rows}


def state_of(drops: Iterable[Drop], landed: str | None) -> str:
    """Return the state of a delivery: of its files, and the stamp of what was landed from them."""
    signs = [landed or "", *(f"{drop.name} {drop.stamp}" for drop in drops)]
    return hashlib.sha256("\n".join(signs).encode()).hexdigest()[:16]
