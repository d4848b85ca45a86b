"""What the scores lead to expect on days whose labels have not come: estimates, never measured.

The score is recalibrated on the reference period and applied to all cases of the window's immature
days (CBPE; on bins of the score PAPE is the same). An estimate sees what changed in the mix of
scores and is blind to concept shift: if a score comes to mean another risk, it stays as it was. So
it is never "ok" and never a breach: at most a warning that labels should be looked at sooner.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from aiops_pipelines.evaluation.figure import ESTIMATED, Figure, subject
from aiops_pipelines.evaluation.figures import WINDOW_DAYS, information
from aiops_pipelines.evaluation.judgement import beyond_limit
from aiops_pipelines.evaluation.measures import MEASURES, NOT_UNDER_PARTIAL_VERIFICATION
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Area, Limit, System, Task
from aiops_pipelines.statistics import (
    Estimate,
    EstimatedPerformance,
    complement,
    estimate_performance_from_counts,
)
from aiops_pipelines.verdict import Verdict

BLIND = "an estimate from scores alone, blind to a change in what a score means"
_RATES = frozenset({"sensitivity", "specificity", "ppv", "npv"})


def estimated_figures(history: History) -> Iterator[Figure]:
    """Return an estimate beside each performance limit of a system whose score is a probability.

    The AUROC is estimated without a limit too: under partial verification nothing else tells it.
    """
    if history.system.output.task is not Task.BINARY:
        return
    found: dict[tuple[date, ...], EstimatedPerformance] = {}
    for metric, point, days, limit in _wanted(history.system):
        window = history.immature(history.day - timedelta(days=days - 1))
        if not window.count("cases"):
            continue
        if window.days not in found:
            found[window.days] = expected(history, window)
        estimate = _of(history.system, found[window.days], metric, point)
        if estimate is not None:
            figure = _figure(history, window, metric, point, days, estimate)
            yield figure if limit is None else _warned(figure, limit, estimate)


def _wanted(system: System) -> Iterator[tuple[str, str | None, int, Limit | None]]:
    """Yield metric, operating point, window and limit of each estimate."""
    limits = [each for each in system.limits if each.definition.area is Area.PERFORMANCE]
    for limit in limits:
        yield limit.metric, limit.operating_point, limit.window_days, limit
    if all(limit.metric != "auroc" for limit in limits):
        yield "auroc", None, WINDOW_DAYS, None


def expected(history: History, window: Window) -> EstimatedPerformance:
    """Return the performance to expect of all cases of a window, labelled or not."""
    points = [point.threshold for point in history.system.output.operating_points]
    return estimate_performance_from_counts(
        history.reference.histogram(), window.histogram(), points
    )


def _of(
    system: System, found: EstimatedPerformance, metric: str, point: str | None
) -> Estimate | None:
    """Return the metric; None where scores alone say nothing of it."""
    if metric in {"auroc", "brier"}:
        estimate: Estimate = getattr(found, metric)
        return estimate
    names = [each.name for each in system.output.operating_points]
    if point not in names:
        return None
    rates = found.points[names.index(point)]
    if metric == "false_negative_rate":
        return complement(rates.sensitivity)
    if metric not in _RATES:
        return None
    rate: Estimate = getattr(rates, metric)
    return rate


def _figure(
    history: History,
    window: Window,
    metric: str,
    point: str | None,
    days: int,
    estimate: Estimate,
) -> Figure:
    measure, partial = MEASURES[metric], history.system.truth.scheme == "partial"
    hidden = partial and metric in NOT_UNDER_PARTIAL_VERIFICATION
    baseline = None if hidden else measure(history.reference, point or "", "all").value
    return information(
        history,
        window,
        Area.PERFORMANCE,
        metric,
        estimate,
        f"{subject(metric, point, estimand=ESTIMATED)}: {BLIND}",
        operating_point=point,
        estimand=ESTIMATED,
        baseline=baseline,
        window_days=days,
    )


def _warned(figure: Figure, limit: Limit, estimate: Estimate) -> Figure:
    """Return the figure beside its limit: a warning where the whole interval lies beyond it."""
    beside = replace(figure, minimum=limit.minimum, maximum=limit.maximum)
    beyond = beyond_limit(limit, estimate)
    if beyond is None:
        return beside
    reason = (
        f"{figure.subject} {estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f}), "
        f"n={figure.n:,}: the whole interval {beyond}; no breach until labels say so ({BLIND})"
    )
    return replace(beside, verdict=Verdict.WARN, reason=reason)
