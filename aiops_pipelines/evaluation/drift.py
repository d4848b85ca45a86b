"""Drift figures: each feature and the score against the frozen reference, on calendar days.

Beside the figures with a limit, the other distances of each feature, its missing and unknown
values, and its PSI against the weeks before the window are information. For a feature that warns or
breaches, the change of performance to expect says whether the drift matters.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from aiops_pipelines.evaluation.caveats import on_calendar_days
from aiops_pipelines.evaluation.drift_impact import METRIC, OF, expected_change
from aiops_pipelines.evaluation.figure import ESTIMATED, Figure, subject
from aiops_pipelines.evaluation.figures import from_estimate, information
from aiops_pipelines.evaluation.judgement import judge
from aiops_pipelines.evaluation.measures import MEASURES
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import METRICS, Area, Limit
from aiops_pipelines.statistics import Drift, Estimate, FeatureCounts, drift, proportion
from aiops_pipelines.verdict import Verdict

WINDOW_DAYS = 7
RECENT_DAYS = 28
"""The weeks before a window: whole weeks, so that both hold the same weekdays."""

RECENT = "psi_recent"


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


def unlimited_drift(history: History, judged: Sequence[Figure]) -> Iterator[Figure]:
    """Return what no limit names of each feature, and what drifted features are expected to do."""
    days = [figure.window for figure in judged if figure.metric in METRICS]
    window = history.calendar(min(days, default=WINDOW_DAYS))
    limited = {(figure.metric, figure.feature) for figure in judged}
    for feature in history.profile.features:
        for metric, estimate in _measured(history, window, feature).items():
            if (metric, feature) not in limited and estimate.value is not None:
                reason = f"{subject(metric, feature=feature)}: for information, no limit is set"
                yield information(
                    history,
                    window,
                    Area.DRIFT,
                    metric,
                    estimate,
                    reason,
                    feature=feature,
                    baseline=_usual(history, metric, feature),
                    window_days=len(window.days),
                )
    for point in history.system.output.operating_points:
        if not any(f.metric == "flag_rate" and f.operating_point == point.name for f in judged):
            yield _unlimited_flag_rate(history, window, point.name)
    yield from _impacts(history, judged)


def _unlimited_flag_rate(history: History, window: Window, point: str) -> Figure:
    measure = MEASURES["flag_rate"]
    return information(
        history,
        window,
        Area.DRIFT,
        "flag_rate",
        measure(window, point, "all"),
        f"{subject('flag_rate', point)}: for information, no limit is set",
        operating_point=point,
        baseline=measure(history.reference, point, "all").value,
        window_days=len(window.days),
    )


def _impacts(history: History, judged: Sequence[Figure]) -> Iterator[Figure]:
    """Return the expected changes of the features that warn or breach, the largest first."""
    windows = {
        figure.feature: figure.window
        for figure in judged
        if figure.feature and figure.verdict in {Verdict.WARN, Verdict.BREACH}
    }
    found = []
    for feature, days in windows.items():
        window = history.calendar(days)
        estimate = expected_change(history, window, feature)
        if estimate is not None:
            found.append((feature, window, estimate))
    found.sort(key=lambda each: -abs(each[2].value or 0.0))
    for feature, window, estimate in found:
        figure = information(
            history,
            window,
            Area.DRIFT,
            METRIC,
            estimate,
            _expectation(history, feature, estimate),
            feature=feature,
            estimand=ESTIMATED,
            window_days=len(window.days),
        )
        yield figure


def _expectation(history: History, feature: str, estimate: Estimate) -> str:
    what = OF[history.system.output.task]
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"what that does to {what} can't be told: the reference held too few such values"
    return (
        f"if only {feature} had moved, {what} would be expected to change by {estimate.value:+.3f} "
        f"({estimate.low:+.3f} to {estimate.high:+.3f}); blind to concept shift"
    )


def with_expectations(figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures, drifted features saying whether their drift matters."""
    expected = {each.feature: each.reason for each in figures if each.metric == METRIC}
    return [
        replace(figure, reason=f"{figure.reason}; {expected[figure.feature]}")
        if figure.verdict in {Verdict.WARN, Verdict.BREACH} and figure.feature in expected
        else figure
        for figure in figures
    ]


def _feature(history: History, limit: Limit, feature: str, area: Area) -> Figure:
    window = history.calendar(limit.window_days)
    name = subject(limit.metric, feature=feature)
    estimate = _measured(history, window, feature)[limit.metric]
    cases = window.feature(feature).n_cases if feature in history.profile.features else 0
    judgement = judge(limit, estimate, cases, None, None, name)
    said = on_calendar_days(history, window, judgement)
    usual = _usual(history, limit.metric, feature)
    return from_estimate(
        history, window, limit, area, estimate, said, baseline=usual, feature=feature
    )


def _usual(history: History, metric: str, feature: str) -> float | None:
    """Return the reference's own value: a share of its cases; 0 for a distance from itself."""
    if not metric.endswith("_rate"):
        return 0.0
    if feature not in history.profile.features:
        return None
    reference = history.reference.feature(feature)
    if metric == "missing_rate":
        return proportion(reference.missing, reference.n_cases).value
    return proportion(reference.outside, reference.n).value


def _measured(history: History, window: Window, feature: str) -> Mapping[str, Estimate]:
    """Return every drift metric of a feature on a window."""
    if feature not in history.profile.features or history.reference.feature(feature).n == 0:
        return dict.fromkeys(
            _METRICS, Estimate.missing(window.count("cases"), None, "no reference")
        )
    counts = window.feature(feature)
    found = drift(history.reference.feature(feature), counts)
    first = history.day - timedelta(days=len(window.days))
    before = history.window([first - timedelta(days=back) for back in reversed(range(RECENT_DAYS))])
    return {
        **{name: getattr(found, name) for name in _METRICS if name != RECENT},
        RECENT: _against(before.feature(feature), counts),
    }


def _against(before: FeatureCounts, counts: FeatureCounts) -> Estimate:
    if before.n == 0:
        return Estimate.missing(counts.n_cases, None, "no case in the weeks before")
    found: Drift = drift(before, counts)
    return found.psi


_METRICS = tuple(name for name, metric in METRICS.items() if metric.per == "feature")


def _flag_rate(history: History, limit: Limit, area: Area) -> Figure:
    window = history.calendar(limit.window_days)
    point = limit.operating_point or ""
    estimate = MEASURES[limit.metric](window, point, "all")
    baseline = MEASURES[limit.metric](history.reference, point, "all").value
    name = subject(limit.metric, limit.operating_point)
    judgement = judge(limit, estimate, estimate.n, None, None, name)
    said = on_calendar_days(history, window, judgement)
    return from_estimate(history, window, limit, area, estimate, said, baseline=baseline)
