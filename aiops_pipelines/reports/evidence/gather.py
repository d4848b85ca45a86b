"""What the lake knows of one clause on one night: the ledger, and all that speaks beside it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.contracts.ledger import TABLE as LEDGER
from aiops_pipelines.contracts.ledger import Ledger, LedgerRow
from aiops_pipelines.contracts.notice import CLAUSE as NOTICE
from aiops_pipelines.contracts.remedies import Entitlement
from aiops_pipelines.contracts.standing import clause_ids, standings
from aiops_pipelines.contracts.stream import Stream
from aiops_pipelines.errors import LakeError, PortfolioError
from aiops_pipelines.evaluation.exact import exact_figures
from aiops_pipelines.evaluation.explanation import TABLE as EXPLANATIONS
from aiops_pipelines.evaluation.explanation import Explanation, latest_explanations
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.measures import BAD_EVENTS, flag_counts
from aiops_pipelines.evaluation.status import TABLES, latest_figures
from aiops_pipelines.evaluation.subgroups import TABLE as SUBGROUPS
from aiops_pipelines.evaluation.subgroups import latest_subgroups
from aiops_pipelines.evaluation.window import history
from aiops_pipelines.incidents import Incident
from aiops_pipelines.lake import FileRecord, Lake
from aiops_pipelines.portfolio import Area, Clause, Contract, Portfolio, ServiceClause, System, Task
from aiops_pipelines.reports.evidence.blocks import Counted, counted
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.statistics.suppression import MINIMUM
from aiops_pipelines.verdict import Verdict

Window = tuple[date, date]
"""The first and the last day of cases."""


@dataclass(frozen=True, slots=True)
class Exact:
    """The AUROC from the window's cases themselves, or why there is none."""

    auroc: Estimate | None
    why_not: str


@dataclass(frozen=True, slots=True)
class Era:
    """A span of days: cases a day, and how many labelled cases each source of labels decided."""

    cases_a_day: float
    sources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ClauseEvidence:
    """One clause as it stood after `row.night`, and what was known beside it.

    `rows` are the ledger's rows of these terms up to that night. `clause` is None for the duty of
    notice, `counted` None for what is no rate.
    """

    hospital: str
    calendar: BusinessCalendar
    system: System
    contract: Contract
    clause: Clause | ServiceClause | None
    row: LedgerRow
    rows: tuple[LedgerRow, ...]
    counted: Counted | None
    entitlement: Entitlement | None
    sla: tuple[Figure, ...]
    performance: tuple[Figure, ...]
    drift: tuple[Figure, ...]
    bias: tuple[Figure, ...]
    subgroups: tuple[Figure, ...]
    explanations: tuple[Explanation, ...]
    exact: Exact
    reference: Era | None
    recent: Era | None
    feeds_judged_on: tuple[date, ...]
    row_hashes: tuple[FileRecord, ...]
    files: tuple[FileRecord, ...]

    @property
    def night(self) -> date:
        """Return the night the pack speaks of."""
        return self.row.night

    @property
    def may_be_shown(self) -> bool:
        """Return whether the estimate may be read outside the team.

        Figures without counts of cases are shown unless the night withheld them.
        """
        if self.counted is not None:
            return self.counted.showable
        own = [each for each in self.sla if each.clause == self.row.clause]
        return all(each.may_be_shown for each in own)


def off_clauses(lake: Lake, system: System, night: date) -> list[str]:
    """Return the clauses that the ledger says are in breach or warning on the night."""
    found = []
    for name in clause_ids(system):
        row = Ledger(lake, system.id, name).find(night)
        if row is not None and row.verdict in {Verdict.BREACH, Verdict.WARN}:
            found.append(name)
    return found


def gather(
    portfolio: Portfolio,
    lake: Lake,
    system_id: str,
    clause_id: str,
    night: date,
    incidents: Sequence[Incident] = (),
) -> ClauseEvidence:
    """Return the evidence on a clause after `night`, or after the last night before it.

    Its clocks count from what people did at the desk about `incidents`, with their timelines.

    Raises:
        PortfolioError: no such system or clause.
        LakeError: the clause has not been evaluated up to that night.
    """
    system = portfolio.system(system_id)
    contract = system.contract
    if contract is None or clause_id not in clause_ids(system):
        known = ", ".join(clause_ids(system)) or "none"
        raise PortfolioError(f"{system.id} has no clause {clause_id!r}; known: {known}")
    ledger = Ledger(lake, system.id, clause_id)
    row = ledger.latest(night)
    if row is None:
        raise LakeError(
            f"{system.id} {clause_id}: no night up to {night} was evaluated; "
            f"run: aiops run --day {night} --system {system.id}"
        )
    rows = _rows_of_terms(ledger, row)
    clause = _clause(contract, clause_id)
    cases = _counted(clause, row)
    if (
        cases is not None
        and isinstance(clause, Clause)
        and not _rest_showable(lake, system, clause, row)
    ):
        cases = cases.withheld
    calendar = portfolio.hospital.calendar
    standing = next(
        each for each in standings(lake, system, calendar, row.night, incidents) if each.row == row
    )
    sla = _latest(lake, Area.SLA, system, row.night)
    window = cases.days if cases is not None else _window(sla, clause_id)
    return ClauseEvidence(
        hospital=portfolio.hospital.name,
        calendar=calendar,
        system=system,
        contract=contract,
        clause=clause,
        row=row,
        rows=rows,
        counted=cases,
        entitlement=standing.entitlement,
        sla=sla,
        performance=_latest(lake, Area.PERFORMANCE, system, row.night),
        drift=_latest(lake, Area.DRIFT, system, row.night),
        bias=_latest(lake, Area.BIAS, system, row.night),
        subgroups=tuple(latest_subgroups(lake, system.id, row.night)),
        explanations=tuple(latest_explanations(lake, system.id, row.night)),
        exact=_exact(lake, system, clause, window),
        reference=_era(lake, system, system.reference.start, system.reference.end),
        recent=_era(lake, system, *window) if window is not None else None,
        feeds_judged_on=tuple(lake.days(TABLES[Area.INTEGRITY], system.id)),
        row_hashes=tuple(ledger.digest(each.night) for each in rows),
        files=tuple(_files(lake, system, row.night)),
    )


def _rows_of_terms(ledger: Ledger, row: LedgerRow) -> tuple[LedgerRow, ...]:
    """Return the rows up to `row` of its terms: with other terms the counts began anew."""
    earlier = [each for each in ledger.rows() if each.night <= row.night]
    same = takewhile(lambda each: each.terms == row.terms, reversed(earlier))
    return tuple(reversed(list(same)))


def _clause(contract: Contract, clause_id: str) -> Clause | ServiceClause | None:
    if clause_id == NOTICE:
        return None
    every: list[Clause | ServiceClause] = [*contract.clauses, *contract.service_clauses]
    return next(each for each in every if each.id == clause_id)


def _counted(clause: Clause | ServiceClause | None, row: LedgerRow) -> Counted | None:
    if not isinstance(clause, Clause) or row.trials_total is None or row.state is None:
        return None
    return counted(Stream.from_json(row.state).counted, clause.window_days)


def _window(sla: tuple[Figure, ...], clause_id: str) -> Window | None:
    """Return the days that the night's figure of a clause rests on, where it says so."""
    own = next((each for each in sla if each.clause == clause_id), None)
    if own is None or own.window_from is None or own.window_to is None:
        return None
    return own.window_from, own.window_to


def _rest_showable(lake: Lake, system: System, clause: Clause, row: LedgerRow) -> bool:
    """Tell whether a subgroup's counts leave no small count of all others, who may be known whole.

    Where the night withheld the subgroup's gap, or its statistics are missing, they are withheld.
    """
    stratum, point = clause.stratum, clause.operating_point
    if stratum is None:
        return True
    gaps = [each for each in latest_figures(lake, Area.BIAS, system.id, row.night)
            if each.stratum == stratum]  # fmt: skip
    if not all(each.may_be_shown for each in gaps):
        return False
    try:
        window = history(lake, system, row.night, row.night).mature(clause.window_days)
    except LakeError:
        return False
    if clause.metric not in BAD_EVENTS or point is None:
        return False
    every, own = flag_counts(window, point), flag_counts(window, point, stratum)
    cells = BAD_EVENTS[clause.metric]
    return all(getattr(every, cell) - getattr(own, cell) >= MINIMUM for cell in cells)


def _latest(lake: Lake, area: Area, system: System, night: date) -> tuple[Figure, ...]:
    return tuple(latest_figures(lake, area, system.id, night))


def _exact(
    lake: Lake, system: System, clause: Clause | ServiceClause | None, window: Window | None
) -> Exact:
    """Return the figures of the window's cases; AUROC needs all kinds of cases verified alike."""
    if not isinstance(clause, Clause) or window is None or system.output.task is not Task.BINARY:
        return Exact(None, "the clause does not rest on scores of cases")
    if clause.stratum is not None:
        return Exact(None, "the clause is about one subgroup only")
    if system.truth.scheme == "partial":
        why = (
            "cases that the AI did not flag are verified in an audit sample only, so pairs of "
            "cases with and without the condition are not compared as they occur"
        )
        return Exact(None, why)
    try:
        found = exact_figures(lake, system, *window)
    except LakeError as error:
        return Exact(None, str(error))
    auroc = found["AUROC"]
    if auroc.value is None:
        return Exact(None, "the window's cases are all of one class")
    events = auroc.n_events or 0
    if min(events, auroc.n - events) < MINIMUM:
        return Exact(None, "it rests on fewer than 11 cases of one class and is not shown")
    return Exact(auroc, "")


def _era(lake: Lake, system: System, start: date, end: date) -> Era | None:
    sources: Counter[str] = Counter()
    cases = days = 0
    for _, table in lake.read_days("scored_cases", system.id, start, end):
        days, cases = days + 1, cases + table.num_rows
        sources.update(each for each in table["source"].to_pylist() if each is not None)
    return Era(cases / days, sources) if days else None


def _files(lake: Lake, system: System, night: date) -> Iterator[FileRecord]:
    """Yield the records of the night's files that the pack was read from."""
    for table in (*TABLES.values(), SUBGROUPS, EXPLANATIONS):
        if table != LEDGER and lake.find(table, system.id, night) is not None:
            yield lake.digest(table, system.id, night)
