"""Counts that may leave the hospital: blocks of consecutive days, none with a small cell.

The days that the ledger has counted are joined, in the order in which they entered the evidence,
until a block has eleven events and eleven others. The days behind the clause's estimate and those
before them are cut apart, so that both totals are sums of whole blocks: whatever is subtracted from
whatever, no count from 1 to 10 comes out. Where the days before hold too few, neither they nor the
period's total are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from aiops_pipelines.contracts.arrivals import DayCounts
from aiops_pipelines.contracts.ledger import LedgerRow
from aiops_pipelines.statistics.suppression import MINIMUM


@dataclass(frozen=True, slots=True)
class Cells:
    """Verified cases of a rate: bad events, and the others."""

    events: int = 0
    others: int = 0

    @property
    def trials(self) -> int:
        """Return events and others together."""
        return self.events + self.others

    @property
    def showable(self) -> bool:
        """Return whether both counts are large enough to be read outside the team."""
        return min(self.events, self.others) >= MINIMUM

    def __add__(self, other: "Cells") -> "Cells":
        return Cells(self.events + other.events, self.others + other.others)

    def __sub__(self, other: "Cells") -> "Cells":
        return Cells(self.events - other.events, self.others - other.others)


@dataclass(frozen=True, slots=True)
class Block:
    """The case days from `first` to `last`, and their verified cases."""

    first: date
    last: date
    cells: Cells


@dataclass(frozen=True, slots=True)
class Counted:
    """The case days behind a clause's estimate, `window`, with what may be shown of them.

    `blocks` add up to `window`, `earlier` to all days counted before it. `days` are the first and
    the last of the window. `earlier_hidden` tells that there are earlier days, too few to show.
    """

    window: Cells
    days: tuple[date, date]
    blocks: tuple[Block, ...]
    earlier: tuple[Block, ...]
    earlier_hidden: bool

    @property
    def showable(self) -> bool:
        """Return whether the window's counts, and so its estimate, may be shown."""
        return bool(self.blocks)

    @property
    def withheld(self) -> "Counted":
        """Return the same days with nothing to show."""
        return replace(self, blocks=(), earlier=())


def counted(days: Mapping[date, DayCounts], window_days: int) -> Counted | None:
    """Return what may be shown of the days counted so far; None before the first."""
    order = sorted(days)
    if not order:
        return None
    cells = [(day, Cells(days[day].events, days[day].others)) for day in order]
    before, window = cells[:-window_days], cells[-window_days:]
    blocks, earlier = _blocks(window), _blocks(before)
    return Counted(
        window=sum((each for _, each in window), Cells()),
        days=(window[0][0], window[-1][0]),
        blocks=blocks,
        earlier=earlier if blocks else (),
        earlier_hidden=any(each.trials for _, each in before) and not earlier,
    )


def _blocks(days: Sequence[tuple[date, Cells]]) -> tuple[Block, ...]:
    """Return blocks that add up to all of `days`; empty where even one block would be too small."""
    found: list[Block] = []
    first, held = None, Cells()
    for day, cells in days:
        first, held = first or day, held + cells
        if held.showable:
            found.append(Block(first, day, held))
            first, held = None, Cells()
    if found and first is not None:
        last = found.pop()
        found.append(Block(last.first, days[-1][0], last.cells + held))
    return tuple(found)


def sparse_rows(rows: Sequence[LedgerRow]) -> tuple[LedgerRow, ...]:
    """Return rows of a rate, each with eleven events and others more than the one before.

    What nights in between added cannot be read off a chart of them.
    """
    found: list[LedgerRow] = []
    held = Cells()
    for row in rows:
        now = _total(row)
        if (now - held).showable and (_total(rows[-1]) - now).showable:
            found.append(row)
            held = now
    last = bool(rows) and (_total(rows[-1]) - held).showable
    return (*found, rows[-1]) if last else tuple(found)


def _total(row: LedgerRow) -> Cells:
    events = row.events_total or 0
    return Cells(events, (row.trials_total or 0) - events)
