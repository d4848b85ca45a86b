"""Turns an estimate, a limit and the evidence so far into a verdict with its reason in words.

A breach needs materiality (the estimate beyond the limit by more than its margin) and evidence
(an e-detector's alarm, or an interval that lies wholly beyond the limit where no sequence of
evidence exists). Beyond the limit without evidence is a warning, too few cases are a verdict of
their own.
"""

import math
from dataclasses import dataclass
from datetime import date

from aiops_pipelines.evaluation.shortfall import Pace, shortfall
from aiops_pipelines.portfolio import Limit
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the sequence of days says against a limit: ln of the e-value, alarm, and since when."""

    log_e_value: float
    alarm: bool
    since: date | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and why, in one sentence."""

    verdict: Verdict
    reason: str


def judge(
    limit: Limit,
    estimate: Estimate,
    cases: int,
    events: int | None,
    evidence: Evidence | None,
    subject: str,
    pace: Pace | None = None,
) -> Judgement:
    """Return the verdict on `estimate` of `subject` (what people call the figure).

    `cases` and `events` are the window's labelled cases and positives (None: events mean
    nothing here). Without `evidence` the interval decides. With `pace`, too few cases are said with
    the time until there are enough. The n that is said is the interval's own.
    """
    short = shortfall(limit, cases, events, pace)
    if short:
        return Judgement(Verdict.INSUFFICIENT_DATA, f"{subject}: {short}")
    if estimate.value is None:
        return Judgement(Verdict.INSUFFICIENT_DATA, f"{subject}: does not exist on these cases")
    stated = f"{subject} {_number(estimate.value)}{_interval(estimate)}, n={estimate.n:,}"
    if _uninformative(limit, estimate):
        return Judgement(Verdict.INSUFFICIENT_DATA, f"{stated}: {_uncertain(limit, estimate)}")
    beyond = _beyond(limit, estimate.value, 0.0)
    if beyond is None:
        if evidence is not None and evidence.alarm:
            return Judgement(
                Verdict.WARN, f"{stated}: within its limit now, but evidence of a breach stands"
            )
        return Judgement(Verdict.OK, f"{stated}: within {_limits(limit)}")
    material = _beyond(limit, estimate.value, limit.margin) is not None
    if material and _proven(limit, estimate, evidence):
        return Judgement(Verdict.BREACH, f"{stated}: {beyond}{_since(evidence)}")
    lacking = "evidence" if material else f"a margin of {_number(limit.margin)}"
    return Judgement(Verdict.WARN, f"{stated}: {beyond}, not yet by {lacking}")


def beyond_limit(limit: Limit, estimate: Estimate) -> str | None:
    """Return which limit the value is beyond by its margin, the whole interval too; else None."""
    if estimate.value is None or not _proven(limit, estimate, None):
        return None
    return _beyond(limit, estimate.value, limit.margin)


def _uninformative(limit: Limit, estimate: Estimate) -> bool:
    """Tell whether the interval reaches beyond both limits: calm would be false."""
    if None in (limit.minimum, limit.maximum, estimate.low, estimate.high):
        return False
    return bool(estimate.low < limit.minimum and estimate.high > limit.maximum)  # type: ignore[operator]


def _uncertain(limit: Limit, estimate: Estimate) -> str:
    """Say how many times the cases it takes; widths shrink with the root of their number."""
    if None in (limit.minimum, limit.maximum, estimate.low, estimate.high):
        return f"too uncertain for {_limits(limit)}"
    allowed = limit.maximum - limit.minimum  # type: ignore[operator]
    times = ((estimate.high - estimate.low) / allowed) ** 2  # type: ignore[operator]
    return f"too uncertain for {_limits(limit)}; that takes about {times:.1f} times the cases"


def _beyond(limit: Limit, value: float, margin: float) -> str | None:
    if limit.maximum is not None and value > limit.maximum + margin:
        return f"above the limit {_number(limit.maximum)}"
    if limit.minimum is not None and value < limit.minimum - margin:
        return f"below the limit {_number(limit.minimum)}"
    return None


def _proven(limit: Limit, estimate: Estimate, evidence: Evidence | None) -> bool:
    if evidence is not None:
        return evidence.alarm
    low = -math.inf if estimate.low is None else estimate.low
    high = math.inf if estimate.high is None else estimate.high
    above = limit.maximum is not None and low > limit.maximum
    below = limit.minimum is not None and high < limit.minimum
    return above or below


def _since(evidence: Evidence | None) -> str:
    if evidence is None:
        return ", the whole interval beyond it"
    since = f" since {evidence.since}" if evidence.since else ""
    return f", proven{since} (e-value {_power(evidence.log_e_value)})"


def _power(log_value: float) -> str:
    if log_value < math.log(1e4):
        return f"{math.exp(log_value):.0f}"
    return f"1e{log_value / math.log(10):.0f}"


def _limits(limit: Limit) -> str:
    if limit.minimum is None:
        return f"its limit of at most {_number(limit.maximum)}"
    if limit.maximum is None:
        return f"its limit of at least {_number(limit.minimum)}"
    return f"its limits {_number(limit.minimum)} to {_number(limit.maximum)}"


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f" ({_number(estimate.low)} to {_number(estimate.high)})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) >= 1 else f"{value:.3f}"
