"""Trends with intervals, limits and events; what all charts of the reports share.

Each takes plain values and gives an `<svg>` element with a text alternative. Suppressed numbers
must not come in here.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.reports import style
from aiops_pipelines.reports.history import TrendPoint
from aiops_pipelines.reports.svg import to_svg
from aiops_pipelines.reports.wording import clean, figure_title, limit_text
from aiops_pipelines.verdict import Verdict

WIDTH = 4.0
"""Width of a chart in inches: two fit an A4 page, one fits a phone."""


FEW = 8
"""Fewer nights than this are drawn as points with their intervals, not as a line with a band."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a system on a day: a new version, a replaced scanner."""

    day: date
    text: str


@dataclass(frozen=True, slots=True)
class TrendChart:
    """What a trend chart shows. `estimated` is drawn apart from what was measured.

    `limit_at_start` names the limit at the left edge, for charts that crowd the right one.
    """

    title: str
    axis: str
    points: Sequence[TrendPoint]
    start: date
    end: date
    minimum: float | None = None
    maximum: float | None = None
    baseline: float | None = None
    estimated: Sequence[TrendPoint] = ()
    events: Sequence[Event] = ()
    unit: str = ""
    limit_at_start: bool = False


def trend_chart(chart: TrendChart, height: float = 2.35) -> Markup:
    """Return the trend as SVG, `height` inches high."""
    with style.house_style():
        drawing = Drawing(figsize=(WIDTH, height))
        _draw_trend(drawing, chart)
        return to_svg(drawing, trend_alt(chart))


def trend_alt(chart: TrendChart) -> str:
    """Return the trend in one sentence, for those who don't see it."""
    shown = [point for point in chart.points if point.estimate is not None]
    limit = limit_text(chart.minimum, chart.maximum, chart.unit)
    tail = f"; limit {limit}" if limit else ""
    if not shown:
        return clean(f"{chart.title}: no estimate on any of {len(chart.points)} nights{tail}.")
    first, last = shown[0], shown[-1]
    beyond = sum(point.verdict is Verdict.BREACH for point in chart.points)
    return clean(
        f"{chart.title}: {first.estimate:.3g} on {first.day}, {last.estimate:.3g} on {last.day}, "
        f"{len(shown)} nights with an estimate, {beyond} in breach{tail}."
    )


def chart_axes(drawing: Drawing, left: float, bottom: float, top: float) -> Axes:
    """Return axes with margins in inches; laying out anew for each chart would double its time."""
    width, height = drawing.get_size_inches()
    right = 0.24
    return drawing.add_axes(
        (
            left / width,
            bottom / height,
            1 - (left + right) / width,
            1 - (bottom + top) / height,
        )
    )


def _draw_trend(drawing: Drawing, chart: TrendChart) -> None:
    axes = chart_axes(drawing, left=0.62, bottom=0.28, top=0.42)
    chart_title(drawing, chart.title)
    axes.set_ylabel(clean(chart.axis))
    axes.set_xlim(_at(chart.start) - 1, _at(chart.end) + 1)
    _draw_series(axes, chart.points, style.ACCENT, "-", "measured")
    if chart.estimated:
        _draw_series(axes, chart.estimated, style.ESTIMATED, (0, (4, 2)), "estimated")
        drawing.legend(loc="upper right", fontsize=8, ncols=2, borderaxespad=0.1, handlelength=1.6)
    axes.margins(y=0.16)
    _draw_marks(axes, chart.points)
    limit = _Line(style.LOOKS[Verdict.BREACH].ink, (0, (5, 2)), chart.limit_at_start)
    reference = _Line(style.MUTED, (0, (1, 2)), at_start=True)
    if chart.minimum is not None:
        _draw_level(axes, chart.minimum, f"limit: at least {chart.minimum:g}", limit, below=True)
    if chart.maximum is not None:
        _draw_level(axes, chart.maximum, f"limit: at most {chart.maximum:g}", limit, below=False)
    if chart.baseline is not None:
        below = chart.maximum is not None and chart.baseline <= chart.maximum
        label = f"reference {chart.baseline:.3g}"
        _draw_level(axes, chart.baseline, label, reference, below=below)
    low, high = axes.get_ylim()
    if chart.minimum is not None and chart.minimum < low + 0.08 * (high - low):
        axes.set_ylim(chart.minimum - 0.1 * (high - low), high)
    for event in chart.events:
        if chart.start <= event.day <= chart.end:
            _draw_event(axes, event, _at(chart.end) - _at(chart.start))
    ticks = _tick_days(chart.start, chart.end)
    axes.set_xticks([_at(day) for day in ticks], [f"{day.day} {day:%b}" for day in ticks])
    if not chart.points:
        axes.text(
            0.5, 0.5, "no evaluated night", ha="center", transform=axes.transAxes, color=style.MUTED
        )


def chart_title(drawing: Drawing, text: str) -> None:
    """Write the title at the drawing's left edge, where the eye starts."""
    drawing.text(0.004, 0.985, clean(text), ha="left", va="top", fontsize=9.5, fontweight="bold")


def _at(day: date) -> float:
    return float(day.toordinal())


def _tick_days(start: date, end: date) -> list[date]:
    step = max(1, (end - start).days // 3)
    return [end - timedelta(days=back) for back in range(0, (end - start).days + 1, step)]


def _draw_series(
    axes: Axes, points: Sequence[TrendPoint], colour: str, line: object, label: str
) -> None:
    days = [_at(point.day) for point in points]
    middle, low, high = (
        np.array([np.nan if value is None else value for value in values], float)
        for values in (
            [point.estimate for point in points],
            [point.low for point in points],
            [point.high for point in points],
        )
    )
    if len(days) < FEW:
        axes.vlines(days, low, high, color=colour, alpha=0.45, linewidth=1.2)
        # Hollow besides dashed, so that estimates stay apart in black and white.
        face = colour if line == "-" else "white"
        axes.plot(
            days,
            middle,
            color=colour,
            linestyle=line,
            marker="o",
            markersize=3,
            markerfacecolor=face,
            label=label,
        )
        return
    axes.fill_between(days, low, high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(days, middle, color=colour, linestyle=line, label=label)


def _draw_marks(axes: Axes, points: Sequence[TrendPoint]) -> None:
    """Mark nights off the normal: warnings and breaches at their value, no estimate at the foot."""
    for verdict in (Verdict.WARN, Verdict.BREACH):
        marked = [
            (_at(point.day), point.estimate)
            for point in points
            if point.verdict is verdict and point.estimate is not None
        ]
        look = style.LOOKS[verdict]
        axes.plot(
            [at for at, _ in marked],
            [estimate for _, estimate in marked],
            linestyle="none",
            marker=look.marker,
            markersize=4,
            color=look.ink,
        )
    silent = [_at(point.day) for point in points if point.estimate is None]
    axes.plot(
        silent,
        [0.03] * len(silent),
        transform=axes.get_xaxis_transform(),
        linestyle="none",
        marker="o",
        markersize=3.5,
        markerfacecolor="none",
        color=style.MUTED,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    colour: str
    dashes: object
    at_start: bool


def _draw_level(axes: Axes, value: float, label: str, line: _Line, below: bool) -> None:
    """Draw a level with its label on the side away from where values may go."""
    axes.axhline(value, color=line.colour, linewidth=1, linestyle=line.dashes)
    axes.annotate(
        label,
        (0 if line.at_start else 1, value),
        xycoords=("axes fraction", "data"),
        xytext=(2 if line.at_start else -1, -2 if below else 2),
        textcoords="offset points",
        ha="left" if line.at_start else "right",
        va="top" if below else "bottom",
        fontsize=8,
        color=line.colour,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.6},
        zorder=4,
    )


def _draw_event(axes: Axes, event: Event, span: float) -> None:
    place = _at(event.day)
    late = place > axes.get_xlim()[1] - span / 3
    axes.axvline(place, color=style.INK, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.annotate(
        clean(event.text),
        (place, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="right" if late else "left",
        fontsize=8,
        color=style.INK,
    )


def sparkline(points: Sequence[TrendPoint], alt: str) -> Markup:
    """Return a small trend without axes; "" with fewer than two estimates."""
    shown = [point for point in points if point.estimate is not None and not point.suppressed]
    if len(shown) < 2:
        return Markup("")
    with style.house_style():
        drawing = Drawing(figsize=(1.5, 0.36))
        axes = drawing.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        _draw_series(axes, shown, style.ACCENT, "-", "")
        last = shown[-1]
        look = style.LOOKS[last.verdict]
        value = np.array([last.estimate], float)
        axes.plot([_at(last.day)], value, marker=look.marker, markersize=4, color=look.ink)
        axes.margins(x=0.03, y=0.2)
        return to_svg(drawing, clean(alt))


def trend_markdown_image(figures: Sequence[Figure]) -> str:
    """Return a Markdown image (PNG as data URI, about 10 kB) of one figure over its days.

    For the metadata of an asset's partition. Suppressed figures are left out; without any figure
    to draw the result is a sentence.
    """
    shown = [figure for figure in figures if figure.may_be_shown]
    if not shown:
        return "No figure to draw yet."
    shown = sorted(shown, key=lambda figure: figure.day)
    last = shown[-1]
    points = [
        TrendPoint(f.day, f.estimate, f.low, f.high, f.n, f.verdict, f.suppressed, f.version)
        for f in shown
    ]
    title = f"{figure_title(last)}, {last.window}-day window, n = {last.n:,}"
    chart = TrendChart(
        title=title,
        axis=figure_title(last),
        points=points,
        start=shown[0].day,
        end=last.day,
        minimum=last.minimum,
        maximum=last.maximum,
        baseline=last.baseline,
    )
    with style.house_style():
        drawing = Drawing(figsize=(5.2, 2.3), facecolor="white")
        _draw_trend(drawing, chart)
        FigureCanvasAgg(drawing)
        stream = io.BytesIO()
        drawing.savefig(
            stream, format="png", dpi=100, facecolor="white", metadata={"Software": None}
        )
    alt = trend_alt(chart).replace("[", "(").replace("]", ")")
    return f"![{alt}](data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()})"
