"""Bars and forests of the reports: subgroups, drift, verdicts of the portfolio.

Each takes plain values and gives an `<svg>` element with a text alternative. Suppressed numbers
must not come in here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from aiops_pipelines.reports import style
from aiops_pipelines.reports.charts import WIDTH, chart_axes, chart_title
from aiops_pipelines.reports.svg import to_svg
from aiops_pipelines.reports.wording import clean
from aiops_pipelines.verdict import Verdict

LABEL = 22
"""The most characters of a row's name that fit beside the axes; the table has the whole."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a ranking or of a forest: label, value, interval, n, verdict."""

    label: str
    value: float
    low: float | None
    high: float | None
    n: int
    verdict: Verdict


def forest_chart(
    title: str, axis: str, rows: Sequence[Bar], line: float | None, alt: str
) -> Markup:
    """Return subgroups with their intervals, one a line; `line` is the value without a gap."""
    with style.house_style():
        drawing, axes = _a_line_a_row(title, axis, rows)
        if line is not None:
            axes.axvline(line, color=style.MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
        for place, row in enumerate(reversed(rows)):
            look = style.LOOKS[row.verdict]
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [place, place], color=look.ink, linewidth=1.4)
            axes.plot([row.value], [place], marker=look.marker, markersize=4.5, color=look.ink)
        return to_svg(drawing, clean(alt))


def ranking_chart(
    title: str, axis: str, rows: Sequence[Bar], limit: float | None, alt: str
) -> Markup:
    """Return bars from the largest to the smallest, with the limit where there is one."""
    with style.house_style():
        drawing, axes = _a_line_a_row(title, axis, rows)
        for place, row in enumerate(reversed(rows)):
            look = style.LOOKS[row.verdict]
            axes.barh([place], [row.value], height=0.6, color=look.ground, edgecolor=look.ink)
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [place, place], color=look.ink, linewidth=1.4)
        if limit is not None:
            ink = style.LOOKS[Verdict.BREACH].ink
            axes.axvline(limit, color=ink, linewidth=1, linestyle=(0, (5, 2)))
        return to_svg(drawing, clean(alt))


def verdict_chart(
    title: str, rows: Sequence[tuple[str, Mapping[Verdict, int]]], alt: str
) -> Markup:
    """Return bars of equal length split by verdict, each part with its shape and count."""
    order = (Verdict.BREACH, Verdict.WARN, Verdict.INSUFFICIENT_DATA, Verdict.OK)
    with style.house_style():
        drawing = Drawing(figsize=(7.2, 0.36 + 0.24 * len(rows)))
        axes = chart_axes(drawing, left=0.95, bottom=0.04, top=0.32)
        chart_title(drawing, title)
        axes.grid(visible=False, axis="both")
        for place, (_, counts) in enumerate(reversed(rows)):
            _draw_parts(axes, place, [(verdict, counts.get(verdict, 0)) for verdict in order])
        axes.set_yticks(range(len(rows)), [clean(name) for name, _ in reversed(rows)])
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_ylim(-0.5, len(rows) - 0.5)
        axes.set_xlim(0, max((sum(counts.values()) for _, counts in rows), default=1) or 1)
        for column, verdict in enumerate(order):
            look = style.LOOKS[verdict]
            words = f"{look.shape} {look.word}"
            at = 0.4 + (0.12, 0.24, 0.36, 0.56)[column]
            drawing.text(at, 0.985, words, va="top", fontsize=8, color=look.ink)
        return to_svg(drawing, clean(alt))


def _a_line_a_row(title: str, axis: str, rows: Sequence[Bar]) -> tuple[Drawing, Axes]:
    """Return a drawing and its axes with the labels of `rows`, the first on top."""
    drawing = Drawing(figsize=(WIDTH, 0.8 + 0.19 * len(rows)))
    axes = chart_axes(drawing, left=1.85, bottom=0.5, top=0.3)
    chart_title(drawing, title)
    axes.set_xlabel(clean(axis), loc="right")
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    labels = [clean(f"{_short(row.label)}  (n {row.n:,})") for row in reversed(rows)]
    axes.set_yticks(range(len(rows)), labels, fontsize=7.5)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    return drawing, axes


def _short(label: str) -> str:
    return label if len(label) <= LABEL else f"{label[: LABEL - 1].rstrip()}…"


def _draw_parts(axes: Axes, place: int, parts: Sequence[tuple[Verdict, int]]) -> None:
    start = 0
    for verdict, count in parts:
        look = style.LOOKS[verdict]
        if count == 0:
            continue
        axes.barh(
            [place],
            [count],
            left=start,
            height=0.74,
            color=look.ground,
            edgecolor=look.ink,
            linewidth=1.6 if verdict is Verdict.BREACH else 0.7,
        )
        middle = start + count / 2
        axes.text(middle, place, f"{look.shape} {count}", ha="center", va="center", color=look.ink)
        start += count
