"""The reliability curve: of the cases given a score, how many had the condition.

From the mature days' histogram of scores. Neighbouring bins are joined until each holds a tenth of
the cases and no count under 11, so that the curve tells of no small group.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from markupsafe import Markup

from aiops_pipelines.evaluation.daily import TABLE
from aiops_pipelines.evaluation.window import history
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, System, Task
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.curve_chart import CurvePoint, curve_chart
from aiops_pipelines.statistics import Histogram, proportion
from aiops_pipelines.statistics.suppression import MINIMUM

WINDOW_DAYS = 56
PARTS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityView:
    """The drawn curve with its caption; without a drawing the caption says why."""

    svg: Markup
    caption: str


def reliability_view(lake: Lake, system: System, day: date) -> ReliabilityView | None:
    """Return the curve of a binary system as known now; None where none can exist."""
    if system.output.task is not Task.BINARY or lake.find(TABLE, system.id, day) is None:
        return None
    if system.truth.scheme == "partial":
        text = "Not drawn: only a sample of unflagged cases is labelled."
        return ReliabilityView(Markup(""), text)
    days = [each.window_days for each in system.limits if each.definition.area is Area.CALIBRATION]
    window = history(lake, system, day, day).mature(max(days, default=WINDOW_DAYS))
    points = curve_points(window.histogram())
    if len(points) < 2:
        return ReliabilityView(Markup(""), "Not drawn: too few labelled cases with the condition.")
    total = sum(point.n for point in points)
    last = wording.day_text(window.days[-1])
    caption = (
        f"{len(points)} groups of neighbouring scores, n {total:,} in all, each with at least "
        f"{min(point.n for point in points):,} cases; "
        f"{wording.plural(len(window.days), 'mature day')} to {last}; 95% interval (Wilson)."
    )
    told = "; ".join(f"{point.x:.3f} predicted, {point.y:.3f} observed" for point in points)
    return ReliabilityView(curve_chart("Reliability", points, f"Reliability: {told}."), caption)


def curve_points(histogram: Histogram) -> Sequence[CurvePoint]:
    """Return mean score and observed rate of joined bins, in rising order of score."""
    positive, negative = histogram.positive, histogram.negative
    total = positive + negative
    least = max(int(total.sum()) / PARTS, MINIMUM)
    bounds = [0]
    for stop in range(1, len(total) + 1):
        part = slice(bounds[-1], stop)
        small = min(positive[part].sum(), negative[part].sum()) < MINIMUM
        if total[part].sum() >= least and not small:
            bounds.append(stop)
    if len(bounds) < 2:
        return []
    bounds[-1] = len(total)
    return [_point(histogram, slice(*pair)) for pair in pairwise(bounds)]


def _point(histogram: Histogram, part: slice) -> CurvePoint:
    events = int(histogram.positive[part].sum())
    cases = events + int(histogram.negative[part].sum())
    rate = proportion(events, cases)
    mean = float(histogram.score_sum[part].sum()) / cases
    return CurvePoint(mean, rate.value or 0.0, rate.low or 0.0, rate.high or 0.0, cases)
