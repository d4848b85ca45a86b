"""Which trends are worth drawing for a system, and what is drawn with them.

Shared by the system page and the quarterly report, so that both show the same picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from aiops_pipelines.evaluation.explanation import Explanation
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import METRICS, Area, System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.charts import Event, TrendChart, trend_alt, trend_chart
from aiops_pipelines.reports.history import FigureKey, Trend, TrendPoint, figures_of_nights, trends
from aiops_pipelines.reports.why_view import change_events

PROPORTIONS = frozenset(
    {
        "sensitivity",
        "specificity",
        "ppv",
        "npv",
        "false_negative_rate",
        "accuracy",
        "missing_rate",
        "flag_rate",
    }
)
"""Metrics whose axis is a share of cases; the other metrics without unit are pure numbers."""

DRAWN_AREAS = (Area.PERFORMANCE, Area.CALIBRATION, Area.DRIFT, Area.SLA)


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One night of a trend, as text."""

    day: str
    value: str
    interval: str
    n: str
    verdict: str


@dataclass(frozen=True, slots=True)
class TrendView:
    """A drawn trend with the sentence and the table that say the same."""

    title: str
    svg: Markup
    alt: str
    caption: str
    rows: tuple[TrendRow, ...]


def pick_trends(figures: Sequence[Figure], limit: int) -> list[Figure]:
    """Return up to `limit` figures of all cases worth a chart.

    The gravest come first, then those with a limit, then the vocabulary's order.
    """
    order = list(METRICS)
    whole = [
        figure
        for figure in figures
        if figure.stratum == "all"
        and figure.area in DRAWN_AREAS
        and figure.estimand == "measured"
        and figure.metric in METRICS
    ]
    whole.sort(
        key=lambda figure: (
            -figure.verdict.gravity,
            figure.minimum is None and figure.maximum is None,
            order.index(figure.metric),
            -(figure.estimate or 0) if figure.area is Area.DRIFT else 0,
        )
    )
    seen: set[tuple[str, str | None, str | None]] = set()
    picked = []
    for figure in whole:
        name = (figure.metric, figure.operating_point, figure.feature)
        if name not in seen:
            seen.add(name)
            picked.append(figure)
    return picked[:limit]


def draw_trends(
    lake: Lake,
    system: System,
    figures: Sequence[Figure],
    start: date,
    end: date,
    known_by: date | None = None,
    height: float = 2.35,
    why: Sequence[Explanation] = (),
) -> tuple[TrendView, ...]:
    """Return a drawn trend of each figure from `start` to `end`, measured and estimated apart.

    `height` is the drawing's, in inches; `why` puts changes and events near them on the axis.
    """
    views = []
    for area in DRAWN_AREAS:
        own = [figure for figure in figures if figure.area is area]
        if not own:
            continue
        nights = figures_of_nights(lake, area, system.id, start, end, known_by)
        keys = [FigureKey.of(figure) for figure in own]
        twins = {key: _estimated_twin(key) for key in keys}
        found = trends(nights, [*keys, *twins.values()])
        views += [
            _trend_view(system, figure, found[key], found[twins[key]], (start, end), height, why)
            for figure, key in zip(own, keys, strict=True)
        ]
    return tuple(views)


def _estimated_twin(key: FigureKey) -> FigureKey:
    return FigureKey(
        key.metric, key.operating_point, key.feature, None, key.stratum, "estimated", key.window
    )


def _trend_view(
    system: System,
    figure: Figure,
    measured: Trend,
    estimated: Trend,
    period: tuple[date, date],
    height: float,
    why: Sequence[Explanation],
) -> TrendView:
    start, end = period
    unit = wording.figure_unit(figure, system)
    points = [point for point in measured.points if not point.suppressed]
    sizes = [point.n for point in points] or [0]
    title = wording.figure_title(figure, system)
    chart = TrendChart(
        title=title[0].upper() + title[1:],
        axis=unit or _bare_axis(figure.metric),
        points=points,
        start=start,
        end=end,
        minimum=figure.minimum,
        maximum=figure.maximum,
        baseline=figure.baseline,
        estimated=[point for point in estimated.points if not point.suppressed],
        events=(*system_events(system, start, end), *change_events(why, figure)),
        unit=unit,
    )
    span = f"n {min(sizes):,} to {max(sizes):,}" if min(sizes) < max(sizes) else f"n {sizes[0]:,}"
    caption = (
        f"Windows of {wording.plural(figure.window, 'day')}, {span}, "
        f"{figure.level * 100:g}% interval ({figure.method})."
    )
    return TrendView(
        title=chart.title,
        svg=trend_chart(chart, height),
        alt=trend_alt(chart),
        caption=caption,
        rows=tuple(_row(point, unit) for point in reversed(points)),
    )


def _bare_axis(metric: str) -> str:
    return "proportion" if metric in PROPORTIONS else f"{wording.metric_title(metric)}, no unit"


def _row(point: TrendPoint, unit: str) -> TrendRow:
    low, high = point.low, point.high
    interval = ""
    if low is not None and high is not None:
        interval = f"{wording.number(low)} to {wording.number(high, unit)}"
    return TrendRow(
        day=wording.day_text(point.day),
        value="no estimate" if point.estimate is None else wording.number(point.estimate, unit),
        interval=interval,
        n=wording.n_text(point.n),
        verdict=point.verdict.value,
    )


def system_events(system: System, start: date, end: date) -> tuple[Event, ...]:
    """Return the versions that went into use from `start` to `end`."""
    return tuple(
        Event(version.start, f"version {version.version}")
        for version in system.versions
        if start <= version.start <= end and version is not system.versions[0]
    )
