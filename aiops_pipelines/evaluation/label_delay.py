"""How long labels take, and how complete each day's should be by now.

From daily statistics: per day the cases that are expected to get a label, and after how many
24-hour periods each label came. Cases without one are censored at their day's age, so that days
whose labels are still coming count for what they show (Kaplan & Meier, 1958; intervals log-log,
Kalbfleisch & Prentice, 1980). Deliveries in batches make the intervals a little too narrow.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow.compute as pc
from scipy import stats

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Area, LabelRule
from aiops_pipelines.statistics import Estimate, proportion
from aiops_pipelines.statistics.arguments import IntArray
from aiops_pipelines.verdict import Verdict

TABLE = "label_completeness"
HORIZONS = (1, 7, 28)
WINDOW_DAYS = 90
SHOWN_DAYS = 35
_METHOD = "Kaplan-Meier, log-log interval"


@dataclass(frozen=True)
class DelayCurve:
    """The share of expected labels that have come, by 24-hour periods after the prediction.

    `took` (n labels) are the periods they came in; `waiting` (n cases) those for which the other
    cases have been observed. `share` is the part of all cases that the scheme draws for a label.
    """

    took: IntArray
    waiting: IntArray
    share: float = 1.0

    @property
    def n(self) -> int:
        """Return the number of cases observed for at least one period."""
        return len(self.took) + len(self.waiting)

    def within(self, periods: int) -> Estimate:
        """Return the share of expected labels that come within `periods` times 24 hours.

        No value where no case has been observed for so long, unless all had come by then.
        """
        if not self.n or periods < 1:
            return Estimate.missing(self.n, None, _METHOD)
        came = int(np.sum(self.took <= periods))
        value = float(self._curve.evaluate(periods))
        if value < 1 and max(self.took.max(initial=0), self.waiting.max(initial=0)) < periods:
            return Estimate.missing(self.n, None, _METHOD)
        if 0 < value < 1:
            with warnings.catch_warnings():
                # Where the curve has reached 1 there is no interval; those points are not asked.
                warnings.simplefilter("ignore", RuntimeWarning)
                bounds = self._curve.confidence_interval(0.95, method="log-log")
            low, high = float(bounds.low.evaluate(periods)), float(bounds.high.evaluate(periods))
        else:
            exact = proportion(came, max(came, self._at_risk(periods)))
            low, high = float(exact.low or 0), float(exact.high or 1)
        value, low, high = (min(each / self.share, 1.0) for each in (value, low, high))
        method = _METHOD if self.share == 1 else f"{_METHOD}, of the {self.share:.0%} sampled"
        return Estimate(value, low, high, None, self.n, came, method)

    @cached_property
    def _curve(self) -> Any:
        data = stats.CensoredData(uncensored=self.took, right=self.waiting)
        return stats.ecdf(data).cdf

    def _at_risk(self, periods: int) -> int:
        return int(np.sum(self.took <= periods) + np.sum(self.waiting >= periods))


def delay_curve(known: History) -> DelayCurve:
    """Return the delay curve of the last WINDOW_DAYS days before the history's as_of."""
    rule = known.system.truth
    took, waiting = [], []
    for back in range(1, WINDOW_DAYS + 1):
        day = known.as_of - timedelta(days=back)
        window = known.window([day])
        rows = window.table.filter(pc.equal(window.table["kind"], "delay"))
        periods = np.repeat(rows["bin"].to_numpy(), rows["n"].to_numpy()).astype(np.int64)
        seen = periods[periods <= back]
        took.append(seen)
        waiting.append(np.full(max(expected_cases(window, rule) - len(seen), 0), back))
    share = rule.audit_fraction if rule.scheme == "sample" else None
    return DelayCurve(np.concatenate(took), np.concatenate(waiting), share or 1.0)


def expected_cases(window: Window, rule: LabelRule) -> int:
    """Return the cases of which labels are awaited: the flagged ones under partial verification."""
    return window.count("flagged" if rule.scheme == "partial" else "cases")


def delay_figures(known: History, curve: DelayCurve) -> Iterator[Figure]:
    """Yield the shares of labels that come within 1, 7 and 28 days, and the day due tonight.

    Only the day due is judged: the shares tell how long labels take, which no limit forbids.
    """
    for periods in HORIZONS:
        share = curve.within(periods)
        name = f"labels_within_{periods}_day{'s' if periods > 1 else ''}"
        reason = f"no case has waited {periods} days yet"
        if share.value is not None:
            reason = f"{share.value:.1%} of labels come within {periods} days"
        last = known.as_of - timedelta(days=1)
        first = known.as_of - timedelta(days=WINDOW_DAYS)
        yield _figure(known, name, share, (first, last), Verdict.NOT_JUDGED, reason)
    yield _due(known, curve)


def completeness_figures(known: History, curve: DelayCurve) -> Iterator[Figure]:
    """Yield each of the last SHOWN_DAYS days' completeness, beside what the curve expects of it."""
    for back in range(1, SHOWN_DAYS + 1):
        figure = _completeness(known, curve, known.as_of - timedelta(days=back))
        yield replace(figure, asset=TABLE)


def _completeness(known: History, curve: DelayCurve, day: date) -> Figure:
    rule = known.system.truth
    window = known.window([day])
    cases = expected_cases(window, rule)
    labelled = window.count("flagged labelled" if rule.scheme == "partial" else "labelled")
    drawn = round(cases * curve.share)
    found = proportion(min(labelled, drawn), drawn)
    expected = curve.within((known.as_of - day).days).value
    mature = day in known.mature_days
    words = f"{labelled:,} of {drawn:,} expected labels of {day} have come"
    if expected is not None:
        words += f"; {expected:.1%} usually have after {(known.as_of - day).days} days"
    words += ": mature" if mature else ": not mature yet"
    verdict = Verdict.OK if mature else Verdict.INSUFFICIENT_DATA
    return _figure(
        known,
        TABLE,
        found,
        (day, day),
        verdict,
        words,
        feature=day.isoformat(),
        baseline=expected,
        minimum=rule.completeness,
    )


def _due(known: History, curve: DelayCurve) -> Figure:
    """Judge the day that should be mature tonight: a warning if it surely lacks labels."""
    rule = known.system.truth
    day = known.as_of - timedelta(days=max(rule.mature_after_days, 1))
    found = _completeness(known, curve, day)
    sure = proportion(found.n_positive or 0, found.n, level=0.9999)
    verdict = Verdict.OK
    if found.n == 0:
        verdict = Verdict.OK if known.window([day]).table.num_rows else Verdict.INSUFFICIENT_DATA
    elif day not in known.mature_days and (sure.high or 0.0) < rule.completeness:
        verdict = Verdict.WARN
    share = proportion(found.n_positive or 0, found.n)
    return _figure(
        known,
        "labels_of_due_day",
        share,
        (day, day),
        verdict,
        found.reason,
        baseline=found.baseline,
        minimum=rule.completeness,
    )


def _figure(
    known: History,
    metric: str,
    share: Estimate,
    span: tuple[date, date],
    verdict: Verdict,
    reason: str,
    *,
    feature: str | None = None,
    baseline: float | None = None,
    minimum: float | None = None,
) -> Figure:
    system = known.system
    return Figure(
        system=system.id,
        version=system.version_on(known.day),
        area=Area.INTEGRITY,
        asset="labels",
        metric=metric,
        feature=feature,
        day=known.day,
        as_of=known.as_of,
        window=(span[1] - span[0]).days + 1,
        window_from=span[0],
        window_to=span[1],
        n=share.n,
        n_positive=share.n_events,
        estimate=share.value,
        low=share.low,
        high=share.high,
        method=share.method,
        baseline=baseline,
        minimum=minimum,
        verdict=verdict,
        reason=reason,
    )
