"""Drift figures: each feature and the score against the frozen reference, on calendar days."""

from collections.abc import Iterator, Sequence

from aiops_pipelines.evaluation.caveats import on_calendar_days
from aiops_pipelines.evaluation.figure import Figure, subject
from aiops_pipelines.evaluation.figures import from_estimate
from aiops_pipelines.evaluation.judgement import judge
from aiops_pipelines.evaluation.measures import MEASURES
from aiops_pipelines.evaluation.window import History
from aiops_pipelines.portfolio import Area, Limit
from aiops_pipelines.statistics import Estimate, drift


def drift_figures(history: History, limits: Sequence[Limit], area: Area) -> Iterator[Figure]:
    """Return a figure for each drift limit and each feature it names ("*": all, and the score)."""
    for limit in limits:
        if limit.definition.area is not Area.DRIFT:
            continue
        if limit.metric == "flag_rate":
            yield _flag_rate(history, limit, area)
            continue
        chosen = list(history.profile.features) if limit.feature == "*" else [limit.feature]
        for feature in chosen:
            yield _feature(history, limit, str(feature), area)


def _feature(history: History, limit: Limit, feature: str, area: Area) -> Figure:
    window = history.calendar(limit.window_days)
    name = subject(limit.metric, feature=feature)
    counts = window.feature(feature)
    if feature not in history.profile.features or history.reference.feature(feature).n == 0:
        estimate = Estimate.missing(counts.n_cases, None, "no reference")
    else:
        found = drift(history.reference.feature(feature), counts)
        estimate = getattr(found, limit.metric)
    judgement = judge(limit, estimate, counts.n_cases, None, None, name)
    said = on_calendar_days(history, window, judgement)
    return from_estimate(
        history, window, limit, area, estimate, said, baseline=0.0, feature=feature
    )


def _flag_rate(history: History, limit: Limit, area: Area) -> Figure:
    window = history.calendar(limit.window_days)
    point = limit.operating_point or ""
    estimate = MEASURES[limit.metric](window, point, "all")
    baseline = MEASURES[limit.metric](history.reference, point, "all").value
    name = subject(limit.metric, limit.operating_point)
    judgement = judge(limit, estimate, estimate.n, None, None, name)
    said = on_calendar_days(history, window, judgement)
    return from_estimate(history, window, limit, area, estimate, said, baseline=baseline)
