"""What is measured besides the limits: information for people, never a pass and never an alarm."""

from collections.abc import Iterator

from aiops_pipelines.evaluation.caveats import on_mature_days
from aiops_pipelines.evaluation.figure import Figure, subject
from aiops_pipelines.evaluation.figures import WINDOW_DAYS, information
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.evaluation.measures import (
    MEASURES,
    NOT_UNDER_PARTIAL_VERIFICATION,
    flagged_part,
    threshold,
)
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import METRICS, Area, Metric, System
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.verdict import Verdict

_COMPLEMENTS = {"false_negative_rate": "sensitivity"}
"""Metrics that say the same as another; they stand only where a limit names them."""


def unlimited_figures(history: History, area: Area) -> Iterator[Figure]:
    """Return the figures of one area on labels that the system's task has and no limit names."""
    for metric, point in unlimited(history.system, area):
        yield _figure(history, area, metric, point)
    if area is Area.CALIBRATION and history.system.truth.scheme == "partial":
        yield _calibration_of_flagged(history)


def unlimited(system: System, area: Area) -> Iterator[tuple[str, str | None]]:
    """Return each metric of an area, with its operating point, that fits and has no limit."""
    limited = {(limit.metric, limit.operating_point) for limit in system.limits}
    for metric in METRICS.values():
        if metric.area is area and system.output.task in metric.tasks and metric.name in MEASURES:
            for point in _points(system, metric):
                twin = _COMPLEMENTS.get(metric.name)
                if twin is None and (metric.name, point) not in limited:
                    yield metric.name, point


def _points(system: System, metric: Metric) -> list[str | None]:
    if metric.per == "operating point":
        return [point.name for point in system.output.operating_points]
    return [None]


def _figure(history: History, area: Area, metric: str, point: str | None) -> Figure:
    window, measure = history.mature(WINDOW_DAYS), MEASURES[metric]
    name = subject(metric, point)
    partial = history.system.truth.scheme == "partial"
    if partial and metric in NOT_UNDER_PARTIAL_VERIFICATION:
        estimate = Estimate.missing(window.count("labelled"), None, "none")
        reason = f"{name}: not estimable while AI-negatives are verified only in part"
        return information(history, window, area, metric, estimate, reason, operating_point=point)
    estimate = measure(window, point or "", "all")
    exists = "for information" if estimate.value is not None else "does not exist on these cases"
    said = Judgement(Verdict.NOT_JUDGED, f"{name}: {exists}, no limit is set")
    return information(
        history,
        window,
        area,
        metric,
        estimate,
        on_mature_days(history, window, WINDOW_DAYS, said).reason,
        operating_point=point,
        baseline=measure(history.reference, point or "", "all").value,
    )


def _calibration_of_flagged(history: History) -> Figure:
    """Return the observed to expected ratio of AI-positives: all of them are verified."""
    metric, point = "observed_expected_ratio", history.system.truth.operating_point or ""
    window = history.mature(WINDOW_DAYS)

    def measure(days: Window) -> Estimate:
        return flagged_part(days.histogram(), threshold(days, point)).observed_expected()

    return information(
        history,
        window,
        Area.CALIBRATION,
        metric,
        measure(window),
        f"{subject(metric, point)}: of AI-positives only, who are all verified; no limit is set",
        operating_point=point,
        baseline=measure(history.reference).value,
    )
