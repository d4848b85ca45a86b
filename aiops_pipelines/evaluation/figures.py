"""Makes a figure from an estimate, the window it rests on, and its judgement."""

from dataclasses import replace

from aiops_pipelines.evaluation.daily import ALL
from aiops_pipelines.evaluation.figure import MEASURED, Figure
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Area, Clause, Limit
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.verdict import Verdict

WINDOW_DAYS = 28
"""The window of figures that no limit gives another."""


def from_estimate(
    history: History,
    window: Window,
    limit: Limit,
    area: Area,
    estimate: Estimate,
    judgement: Judgement,
    *,
    baseline: float | None = None,
    log_e_value: float | None = None,
    feature: str | None = None,
    stratum: str = ALL,
    estimand: str = MEASURED,
    suppressed: bool = False,
) -> Figure:
    """Return the figure; its version is the one in use on the night's day."""
    figure = information(
        history,
        window,
        area,
        limit.metric,
        estimate,
        judgement.reason,
        operating_point=limit.operating_point,
        feature=feature,
        stratum=stratum,
        estimand=estimand,
        baseline=baseline,
        window_days=limit.window_days,
        suppressed=suppressed,
    )
    return replace(
        figure,
        clause=limit.id if isinstance(limit, Clause) else None,
        minimum=limit.minimum,
        maximum=limit.maximum,
        log_e_value=log_e_value,
        verdict=judgement.verdict,
    )


def information(
    history: History,
    window: Window,
    area: Area,
    metric: str,
    estimate: Estimate,
    reason: str,
    *,
    operating_point: str | None = None,
    feature: str | None = None,
    stratum: str = ALL,
    estimand: str = MEASURED,
    baseline: float | None = None,
    window_days: int = WINDOW_DAYS,
    suppressed: bool = False,
) -> Figure:
    """Return a figure that nothing judges; its version is the one in use on the night's day."""
    days = window.days
    return Figure(
        system=history.system.id,
        version=history.system.version_on(history.day),
        area=area,
        asset=TABLES[area],
        metric=metric,
        operating_point=operating_point,
        feature=feature,
        stratum=stratum,
        estimand=estimand,
        day=history.day,
        as_of=history.as_of,
        window=window_days,
        window_from=days[0] if days else None,
        window_to=days[-1] if days else None,
        n=estimate.n,
        n_positive=estimate.n_events,
        n_mature=window.count("labelled"),
        n_pending=history.immature(days[0] if days else None).awaited,
        estimate=estimate.value,
        low=estimate.low,
        high=estimate.high,
        method=estimate.method,
        baseline=baseline,
        verdict=Verdict.NOT_JUDGED,
        reason=reason,
        suppressed=suppressed,
        data=history.digest(window),
    )


def no_limit(history: History, area: Area) -> Figure:
    """Return the row that says nobody set a limit here: not a pass."""
    return Figure(
        system=history.system.id,
        version=history.system.version_on(history.day),
        area=area,
        asset=TABLES[area],
        metric="none",
        day=history.day,
        as_of=history.as_of,
        window=1,
        n=0,
        method="none",
        verdict=Verdict.INSUFFICIENT_DATA,
        reason=f"the portfolio sets no limit on {area}",
    )
