"""Figures of a contract's clauses: the shape that status, checks and reports read."""

from datetime import date, timedelta

from aiops_pipelines.contracts.ledger import LedgerRow
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.portfolio import Area, Clause, System
from aiops_pipelines.statistics import Estimate


def of_row(system: System, clause: Clause, row: LedgerRow, day: date, as_of: date) -> Figure:
    """Return the figure of a ledger row of a clause on a rate."""
    return contract_figure(
        system,
        day,
        as_of,
        clause=clause.id,
        metric=clause.metric,
        operating_point=clause.operating_point,
        stratum=row.stratum,
        window=clause.window_days,
        estimate=Estimate(row.estimate, row.low, row.high, None, row.n, None, row.method),
        minimum=row.minimum,
        maximum=row.maximum,
        log_e_value=row.log_e_value if clause.evidence == "sequential" else None,
        judgement=Judgement(row.verdict, row.reason),
    )


def contract_figure(
    system: System,
    day: date,
    as_of: date,
    *,
    clause: str,
    metric: str,
    window: int,
    estimate: Estimate,
    judgement: Judgement,
    operating_point: str | None = None,
    stratum: str = "all",
    minimum: float | None = None,
    maximum: float | None = None,
    baseline: float | None = None,
    log_e_value: float | None = None,
) -> Figure:
    """Return a figure of the area SLA over the `window` calendar days that end with `day`."""
    return Figure(
        system=system.id,
        version=system.version_on(day),
        area=Area.SLA,
        asset=TABLES[Area.SLA],
        metric=metric,
        operating_point=operating_point,
        clause=clause,
        stratum=stratum,
        day=day,
        as_of=as_of,
        window=window,
        window_from=day - timedelta(days=window - 1),
        window_to=day,
        n=estimate.n,
        n_positive=estimate.n_events,
        estimate=estimate.value,
        low=estimate.low,
        high=estimate.high,
        method=estimate.method,
        baseline=baseline,
        minimum=minimum,
        maximum=maximum,
        log_e_value=log_e_value,
        verdict=judgement.verdict,
        reason=judgement.reason,
    )
