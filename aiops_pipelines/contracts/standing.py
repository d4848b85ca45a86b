"""How each clause of a contract stands: its last ledger row, and what a breach entitles to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.contracts.desk_events import breach_events
from aiops_pipelines.contracts.ledger import Ledger, LedgerRow
from aiops_pipelines.contracts.notice import CLAUSE
from aiops_pipelines.contracts.remedies import Entitlement, detected_at, entitlement
from aiops_pipelines.errors import PortfolioError
from aiops_pipelines.incidents import Incident
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import System


@dataclass(frozen=True, slots=True)
class Standing:
    """A clause's last row; `entitlement` where a breach of a clause with a remedy stands."""

    row: LedgerRow
    entitlement: Entitlement | None


def ledger_rows(lake: Lake, system: System, clause: str) -> list[LedgerRow]:
    """Return all rows of a clause; PortfolioError naming the known ones for another id."""
    known = clause_ids(system)
    if clause not in known:
        raise PortfolioError(
            f"{system.id} has no clause {clause!r} in the ledger; known: {', '.join(known)}"
        )
    return list(Ledger(lake, system.id, clause).rows())


def clause_ids(system: System) -> list[str]:
    """Return the clauses of the system's contract that the ledger keeps, and the duty of notice."""
    contract = system.contract
    if contract is None:
        return []
    clauses = [clause.id for clause in contract.clauses]
    return [*clauses, *(clause.id for clause in contract.service_clauses), CLAUSE]


def standings(
    lake: Lake,
    system: System,
    calendar: BusinessCalendar,
    night: date,
    incidents: Sequence[Incident] = (),
    now: datetime | None = None,
) -> Iterator[Standing]:
    """Yield each clause as it stood after `night`; clauses never evaluated are left out."""
    for name in clause_ids(system):
        standing = standing_of(lake, system, name, calendar, night, incidents, now)
        if standing is not None:
            yield standing


def standing_of(
    lake: Lake,
    system: System,
    name: str,
    calendar: BusinessCalendar,
    night: date,
    incidents: Sequence[Incident] = (),
    now: datetime | None = None,
) -> Standing | None:
    """Return one clause as it stood after `night`, None if it had not been evaluated by then.

    Its clocks count from what people did at the desk about `incidents`, which need their
    timelines, and are read at `now`, by default when the night was known.
    """
    row = Ledger(lake, system.id, name).latest(night)
    contract = system.contract
    if row is None or contract is None:
        return None
    with_remedy = {clause.id: clause for clause in contract.remediable}
    clause, since = with_remedy.get(name), row.breached_since
    if clause is None or since is None:
        return Standing(row, None)
    read_at = now or detected_at(row.night, calendar)
    events = breach_events(incidents, system.id, name, since, read_at, calendar)
    owed = entitlement(contract, clause, row.estimate, since, read_at, calendar, events)
    return Standing(row, owed)
