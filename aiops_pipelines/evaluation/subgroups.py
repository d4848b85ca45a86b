"""How the system serves each subgroup, and each pair of them: for people to look at.

Kept in the table `subgroups`, beside the judged gaps of `bias`. Pairs of subgroups are many small
cells: their rates are shrunk towards what they have in common (beta-binomial), and the range of the
true rates is stated; the raw range of many small cells would be mostly chance.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from aiops_pipelines.evaluation.figure import MEASURED, SHRUNK, Figure, from_arrow, subject
from aiops_pipelines.evaluation.figures import information
from aiops_pipelines.evaluation.measures import MEASURES, NOT_UNDER_PARTIAL_VERIFICATION
from aiops_pipelines.evaluation.shortfall import SMALL_CELL
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, System, Task
from aiops_pipelines.statistics import Estimate, SubgroupCounts, median, shrunk_rates

TABLE = "subgroups"
WINDOW_DAYS = 56

_RATES = ("flag_rate", "sensitivity", "specificity", "ppv")
_WHOLE = {
    Task.BINARY: ("auroc", "observed_expected_ratio"),
    Task.ORDINAL: ("accuracy", "quadratic_weighted_kappa", "grade_bias"),
    Task.MULTICLASS: ("accuracy",),
    Task.REGRESSION: ("mae", "mean_error", "calibration_slope"),
}


def subgroup_figures(history: History) -> Iterator[Figure]:
    """Return the figures of each subgroup, then those of pairs, all without a verdict."""
    system, window = history.system, history.mature(_window_days(history.system))
    for name in system.subgroups:
        for stratum in window.strata(name):
            yield from _of_stratum(history, window, stratum)
    for point in system.output.operating_points:
        pairs = defaultdict(list)
        for row in window.subgroup_counts(point.name):
            if len(row.shape) == 2:
                pairs[row.shape].append(row)
        for shape, cells in pairs.items():
            for rate in _rates_of_pairs(system):
                yield from _of_pairs(history, window, point.name, rate, " x ".join(shape), cells)


def latest_subgroups(lake: Lake, system: str, day: date) -> list[Figure]:
    """Return the day's subgroup figures as last evaluated; empty without any."""
    table = lake.find(TABLE, system, day)
    figures = [] if table is None else from_arrow(table)
    newest = max((figure.as_of for figure in figures), default=day)
    return [figure for figure in figures if figure.as_of == newest]


def furthest_pairs(figures: Sequence[Figure], most: int) -> list[Figure]:
    """Return the pairs of subgroups whose rate lies furthest from the median of its kind.

    Only those that may be shown; they come without their n, so that none can be worked out.
    """
    kinds: dict[tuple[str, str | None], list[Figure]] = defaultdict(list)
    for figure in figures:
        if "|" in figure.stratum and not figure.suppressed and figure.estimate is not None:
            kinds[figure.metric, figure.operating_point].append(figure)
    middles = {key: median([each.estimate or 0.0 for each in own]) for key, own in kinds.items()}
    ranked = [
        (abs((figure.estimate or 0.0) - (middles[key].value or 0.0)), figure)
        for key, own in kinds.items()
        for figure in own
    ]
    ranked.sort(key=lambda pair: (-pair[0], pair[1].stratum, pair[1].metric))
    return [figure for _, figure in ranked[:most]]


def _window_days(system: System) -> int:
    """Return the longest window of a bias limit, WINDOW_DAYS without one."""
    days = [each.window_days for each in system.limits if each.definition.area is Area.BIAS]
    return max(days, default=WINDOW_DAYS)


def _rates_of_pairs(system: System) -> list[str]:
    """Return the flag rate and what bias limits name, so far as counts tell it as they are."""
    named = {each.metric.removesuffix("_gap") for each in system.limits}
    partial = system.truth.scheme == "partial"
    unsafe = {"sensitivity", "specificity"} if partial else set()
    return [rate for rate in _RATES if rate in {"flag_rate", *named} - unsafe]


def _of_stratum(history: History, window: Window, stratum: str) -> Iterator[Figure]:
    system = history.system
    partial = system.truth.scheme == "partial"
    asked: list[tuple[str, str | None]] = [(metric, None) for metric in _WHOLE[system.output.task]]
    asked += [(rate, point.name) for point in system.output.operating_points for rate in _RATES]
    for metric, point in asked:
        if not (partial and metric in NOT_UNDER_PARTIAL_VERIFICATION):
            estimate = MEASURES[metric](window, point or "", stratum)
            yield _figure(history, window, metric, point, stratum, MEASURED, estimate)


def _of_pairs(
    history: History,
    window: Window,
    point: str,
    rate: str,
    dimensions: str,
    cells: Sequence[SubgroupCounts],
) -> Iterator[Figure]:
    counts = [_events_and_cases(rate, cell) for cell in cells]
    shrunk = shrunk_rates([events for events, _ in counts], [cases for _, cases in counts])
    for cell, estimate in zip(cells, shrunk.rates, strict=True):
        if estimate.n:
            yield _figure(history, window, rate, point, cell.subgroup, SHRUNK, estimate)
    yield _figure(history, window, f"{rate}_spread", point, dimensions, SHRUNK, shrunk.spread)


def _events_and_cases(rate: str, cell: SubgroupCounts) -> tuple[int, int]:
    return {
        "flag_rate": (cell.flagged, cell.n),
        "sensitivity": (cell.tp, cell.tp + cell.fn),
        "specificity": (cell.tn, cell.tn + cell.fp),
        "ppv": (cell.tp, cell.tp + cell.fp),
    }[rate]


def _figure(
    history: History,
    window: Window,
    metric: str,
    point: str | None,
    stratum: str,
    estimand: str,
    estimate: Estimate,
) -> Figure:
    name = subject(metric, point, stratum=stratum, estimand=estimand)
    figure = information(
        history,
        window,
        Area.BIAS,
        metric,
        estimate,
        f"{name}: for information",
        operating_point=point,
        stratum=stratum,
        estimand=estimand,
        window_days=_window_days(history.system),
        suppressed=estimate.n < SMALL_CELL,
    )
    return replace(figure, asset=TABLE)
