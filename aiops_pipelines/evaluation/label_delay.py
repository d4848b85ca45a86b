"""How long labels take, and how complete each day's should be by now.

From daily statistics: per day the cases that are expected to get a label, and after how many
24-hour periods each label came.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Area, LabelRule
from aiops_pipelines.statistics import DelayCurve, Estimate, proportion
from aiops_pipelines.verdict import Verdict

TABLE = "label_completeness"
HORIZONS = (1, 7, 28)
WINDOW_DAYS = 90
SHOWN_DAYS = 35


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
