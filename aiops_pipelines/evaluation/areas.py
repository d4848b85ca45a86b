"""The night's evaluation of one area: each limit becomes figures with verdicts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from aiops_pipelines.evaluation.background import unlimited_figures
from aiops_pipelines.evaluation.bias import bias_figures
from aiops_pipelines.evaluation.caveats import noted, on_mature_days
from aiops_pipelines.evaluation.drift import drift_figures, unlimited_drift, with_expectations
from aiops_pipelines.evaluation.estimates import estimated_figures
from aiops_pipelines.evaluation.evidence import evidence
from aiops_pipelines.evaluation.explanation import explanations, reason_with, write_explanations
from aiops_pipelines.evaluation.figure import Figure, subject
from aiops_pipelines.evaluation.figures import from_estimate, no_limit
from aiops_pipelines.evaluation.judgement import Judgement, judge
from aiops_pipelines.evaluation.measures import MEASURES, NOT_UNDER_PARTIAL_VERIFICATION
from aiops_pipelines.evaluation.shortfall import Pace, audit_shortfall
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.evaluation.store import write_beside, write_figures
from aiops_pipelines.evaluation.subgroups import TABLE as SUBGROUPS
from aiops_pipelines.evaluation.subgroups import subgroup_figures
from aiops_pipelines.evaluation.window import History, Window, history
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Limit, System
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.verdict import Verdict


def evaluate(area: Area, lake: Lake, system: System, day: date, as_of: date) -> list[Figure]:
    """Return and keep the figures of one area of one system's day.

    They are kept as of the day up to whose end the statistics they rest on were known.
    """
    known = history(lake, system, day, as_of)
    figures = list(_AREAS[area](known))
    if all(figure.verdict is Verdict.NOT_JUDGED for figure in figures):
        figures.append(no_limit(known, area))
    if area is Area.PERFORMANCE:
        why = explanations(lake, known, figures)
        write_explanations(lake, system.id, day, known.as_of, why)
        figures = [replace(figure, reason=reason_with(figure, why)) for figure in figures]
    write_figures(lake, area, TABLES[area], system.id, day, known.as_of, figures)
    if area is Area.BIAS:
        rows = list(subgroup_figures(known))
        write_beside(lake, SUBGROUPS, system.id, day, known.as_of, rows)
    return figures


def _labelled_figures(area: Area) -> Callable[[History], Iterator[Figure]]:
    def figures(known: History) -> Iterator[Figure]:
        for limit in known.system.limits:
            if limit.definition.area is area:
                yield labelled_figure(known, limit, area)
        yield from unlimited_figures(known, area)
        if area is Area.PERFORMANCE:
            yield from estimated_figures(known)

    return figures


def labelled_figure(known: History, limit: Limit, area: Area) -> Figure:
    """Return the figure of a limit on a metric that needs labels, on mature days."""
    window = known.mature(limit.window_days)
    name = subject(limit.metric, limit.operating_point)
    partial = known.system.truth.scheme == "partial"
    if partial and limit.metric in NOT_UNDER_PARTIAL_VERIFICATION:
        reason = f"{name}: not estimable while AI-negatives are verified only in part"
        missing = Estimate.missing(window.count("labelled"), None, "none")
        return from_estimate(
            known, window, limit, area, missing, Judgement(Verdict.INSUFFICIENT_DATA, reason)
        )
    estimate = measured(window, limit)
    baseline = measured(known.reference, limit).value
    proof = evidence(known, limit)
    judgement = judge(
        limit,
        estimate,
        window.count("labelled"),
        window.positives(),
        proof,
        name,
        Pace.of(window),
    )
    audit = audit_shortfall(limit, window, estimate)
    judgement = noted(judgement, [audit] if audit else [])
    return from_estimate(
        known,
        window,
        limit,
        area,
        estimate,
        on_mature_days(known, window, limit.window_days, judgement),
        baseline=baseline,
        log_e_value=proof.log_e_value,
    )


def measured(window: Window, limit: Limit) -> Estimate:
    """Return the limit's metric on a window."""
    return MEASURES[limit.metric](window, limit.operating_point or "", "all")


def _drift_figures(known: History) -> list[Figure]:
    judged = list(drift_figures(known, known.system.limits, Area.DRIFT))
    return with_expectations([*judged, *unlimited_drift(known, judged)])


_AREAS: Mapping[Area, Callable[[History], Iterable[Figure]]] = {
    Area.PERFORMANCE: _labelled_figures(Area.PERFORMANCE),
    Area.CALIBRATION: _labelled_figures(Area.CALIBRATION),
    Area.DRIFT: _drift_figures,
    Area.BIAS: lambda known: bias_figures(known, known.system.limits, Area.BIAS),
}
