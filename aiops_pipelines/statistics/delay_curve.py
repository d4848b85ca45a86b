"""How long labels take: the share that has come after so many days, with those still awaited.

Cases without a label are censored at their age, so that days whose labels are still coming count
for what they show (Kaplan & Meier, 1958; intervals log-log, Kalbfleisch & Prentice, 1980).
Deliveries in batches make the intervals a little too narrow.
"""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from aiops_pipelines.statistics.arguments import IntArray
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.proportions import proportion

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
        from scipy import stats  # late: see statistics.tails

        data = stats.CensoredData(uncensored=self.took, right=self.waiting)
        return stats.ecdf(data).cdf

    def _at_risk(self, periods: int) -> int:
        return int(np.sum(self.took <= periods) + np.sum(self.waiting >= periods))
