"""Whether a pack and those already sent on its clause would together give a small count away.

Each pack alone shows sums of whole blocks of days. Two packs cut the same days apart at different
places: what lies between two cuts is known to who has both, so it must be no count from 1 to 10.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from aiops_pipelines.contracts.arrivals import DayCounts
from aiops_pipelines.contracts.ledger import Ledger
from aiops_pipelines.contracts.stream import Stream
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Clause, System
from aiops_pipelines.reports.evidence.blocks import Block, Cells, counted
from aiops_pipelines.reports.finished import evidence_period

_DAY = timedelta(days=1)


def too_near(
    lake: Lake, system: System, clause_id: str, night: date, sent: Collection[str]
) -> list[date]:
    """Return the nights of packs in `sent` from which, with this one, a small count comes out.

    `sent` are the periods of the evidence packs that were issued. A clause that rests on no counts
    of cases, and a pack of the same night, are never too near.
    """
    contract = system.contract
    clauses = contract.clauses if contract else ()
    clause = next((each for each in clauses if each.id == clause_id), None)
    ledger = Ledger(lake, system.id, clause_id)
    if clause is None:
        return []
    new, days = _told(ledger, clause, night)
    near = []
    for other in ledger.nights:
        if other != night and evidence_period(system.id, clause_id, other) in sent:
            old, older = _told(ledger, clause, other)
            if exposed({**older, **days}, new, old):
                near.append(other)
    return near


def _told(
    ledger: Ledger, clause: Clause, night: date
) -> tuple[tuple[Block, ...], Mapping[date, DayCounts]]:
    """Return the blocks that the night's pack shows, and the counts of its days."""
    row = ledger.find(night)
    if row is None or row.state is None or row.trials_total is None:
        return (), {}
    days = Stream.from_json(row.state).counted
    found = counted(days, clause.window_days)
    return ((*found.earlier, *found.blocks) if found else ()), days


def exposed(
    days: Mapping[date, DayCounts], one: Sequence[Block], other: Sequence[Block]
) -> list[tuple[date, date]]:
    """Return the first and last days of small counts that both packs' blocks give away together.

    Packs that have no day in common give nothing away.
    """
    if not any(a.first <= b.last and b.first <= a.last for a in one for b in other):
        return []
    blocks = [*one, *other]
    cuts = sorted({day for each in blocks for day in (each.first, each.last + _DAY)})
    found = []
    for start, end in pairwise(cuts):
        inside = [Cells(c.events, c.others) for day, c in days.items() if start <= day < end]
        cells = sum(inside, Cells())
        covered = any(each.first <= start and end <= each.last + _DAY for each in blocks)
        if covered and cells.trials and not cells.showable:
            found.append((start, end - _DAY))
    return found
