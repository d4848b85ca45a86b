"""The chart of a reliability curve, in the house style."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure as Drawing

from aiops_pipelines.reports import style
from aiops_pipelines.reports.charts import WIDTH, chart_axes, chart_title
from aiops_pipelines.reports.svg import to_svg
from aiops_pipelines.reports.wording import clean


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Mean score, observed rate with its interval, and the cases of a group of scores."""

    x: float
    y: float
    low: float
    high: float
    n: int


def curve_chart(title: str, points: Sequence[CurvePoint], alt: str) -> Markup:
    """Return observed against predicted, with intervals and the line of perfect reliability."""
    with style.house_style():
        drawing = Drawing(figsize=(WIDTH, 3.4))
        axes = chart_axes(drawing, left=0.62, bottom=0.5, top=0.34)
        chart_title(drawing, f"{title} (n {sum(point.n for point in points):,})")
        tops = [max(point.x, point.high) for point in points]
        end = min(1.0, 1.06 * max(tops))
        axes.plot([0, end], [0, end], color=style.MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
        x = [point.x for point in points]
        axes.vlines(
            x, [point.low for point in points], [point.high for point in points],
            color=style.ACCENT, alpha=0.55, linewidth=1.3,
        )  # fmt: skip
        axes.plot(x, [point.y for point in points], color=style.ACCENT, marker="o", markersize=4)
        axes.set_xlim(0, end)
        axes.set_ylim(0, end)
        axes.set_xlabel("mean score, proportion; dotted: perfect", loc="right")
        axes.set_ylabel("observed, proportion")
        return to_svg(drawing, clean(alt))
