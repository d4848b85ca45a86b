"""Bias figures: each subgroup against the rest, with intervals that hold together.

A gap is the subgroup's rate minus that of everybody else. Its interval is widened so that those of
all gaps looked at hold at once (Bonferroni): of twenty subgroups at parity one would otherwise look
bad each night. For rates of a binary output a breach asks for Fisher's exact test as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from aiops_pipelines.evaluation.caveats import on_mature_days
from aiops_pipelines.evaluation.daily import ALL
from aiops_pipelines.evaluation.disclosure import WITHHELD, is_withheld
from aiops_pipelines.evaluation.figure import Figure, subject
from aiops_pipelines.evaluation.figures import from_estimate
from aiops_pipelines.evaluation.judgement import Judgement, judge
from aiops_pipelines.evaluation.measures import flag_counts, rates_of_counts
from aiops_pipelines.evaluation.shortfall import Pace
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Area, Limit, Task
from aiops_pipelines.statistics import (
    Estimate,
    FlagCounts,
    Gap,
    estimate_difference,
    ordinal_from_confusion,
    subgroup_gaps,
)
from aiops_pipelines.statistics.suppression import MINIMUM
from aiops_pipelines.verdict import Verdict

LOWER_IS_HARM = frozenset({"sensitivity_gap", "specificity_gap", "ppv_gap", "accuracy_gap"})
"""Gaps that harm the subgroup that lies below the rest; the others harm in both directions."""


def bias_figures(history: History, limits: Sequence[Limit], area: Area) -> Iterator[Figure]:
    """Return a figure for each bias limit and each subgroup that it names ("*": all)."""
    for limit in limits:
        if limit.definition.area is not Area.BIAS:
            continue
        window = history.mature(limit.window_days)
        names = history.system.subgroups if limit.subgroup == "*" else [str(limit.subgroup)]
        strata = [stratum for name in names for stratum in window.strata(name)]
        tested = _tested(window, limit, strata)
        for stratum in strata:
            gap = tested.get(stratum)
            estimate = (
                _simultaneous(gap)
                if gap is not None
                else _adjusted_gap(window, limit, stratum, len(strata))
            )
            yield _figure(history, window, limit, stratum, estimate, gap, area)


def _tested(window: Window, limit: Limit, strata: Sequence[str]) -> Mapping[str, Gap]:
    """Return each stratum's gap with its verdict; empty where rates need another method.

    Under partial verification only the flag rate and the PPV may be read from counts as they are.
    """
    system, rate = window.system, limit.metric.removesuffix("_gap")
    adjusted = system.truth.scheme == "partial" and rate in {"sensitivity", "specificity"}
    if system.output.task is not Task.BINARY or adjusted or not strata:
        return {}
    wanted = {ALL, *strata}
    counts = window.subgroup_counts(limit.operating_point or "")
    table = [row for row in counts if row.subgroup in wanted]
    bounds = [abs(bound) for bound in (limit.minimum, limit.maximum) if bound is not None]
    found = subgroup_gaps(table, margin=min(min(bounds), 0.99))
    return {row.subgroup: getattr(row, rate) for row in found.rows}


def _simultaneous(gap: Gap) -> Estimate:
    """Return the gap with the interval that holds together with all others."""
    method = f"{gap.gap.method}, all gaps at once"
    low, high = gap.simultaneous_low, gap.simultaneous_high
    return replace(gap.gap, low=low, high=high, standard_error=None, method=method)


def _adjusted_gap(window: Window, limit: Limit, stratum: str, strata: int) -> Estimate:
    """Return the gap of estimates with their own intervals, widened for `strata` of them."""
    own, rest = _pair(window, limit, stratum)
    gap = estimate_difference(own, rest, comparisons=strata)
    return Estimate(gap.value, gap.low, gap.high, None, own.n, own.n_events, gap.method)


def _figure(
    history: History,
    window: Window,
    limit: Limit,
    stratum: str,
    estimate: Estimate,
    gap: Gap | None,
    area: Area,
) -> Figure:
    both_sides = limit
    if limit.maximum is not None and limit.minimum is None:
        both_sides = limit.model_copy(update={"minimum": -limit.maximum})
    cases, positives = window.labelled(stratum), window.positives(stratum)
    hidden = is_withheld(window, limit.metric, stratum)
    pace = None if hidden else Pace.of(window, stratum)
    name = subject(limit.metric, limit.operating_point, stratum=stratum)
    judgement = judge(both_sides, estimate, cases, positives, None, name, pace)
    judgement = allowing_for_all(judgement, gap)
    favoured = limit.metric in LOWER_IS_HARM and (estimate.value or 0.0) > 0
    if favoured and judgement.verdict in {Verdict.WARN, Verdict.BREACH}:
        judgement = Judgement(Verdict.OK, f"{name}: better served than the rest, who are judged")
    judgement = on_mature_days(history, window, limit.window_days, judgement)
    others = None if positives is None else cases - positives
    if judgement.verdict is Verdict.INSUFFICIENT_DATA and others and others < MINIMUM:
        # The cases that are lacking would tell them, beside the n of the positives.
        judgement = replace(judgement, reason=f"{name}: {judgement.verdict}; {WITHHELD}")
    if hidden:
        judgement = replace(judgement, reason=f"{name}: {judgement.verdict}; {WITHHELD}")
    return from_estimate(
        history,
        window,
        both_sides,
        area,
        estimate,
        judgement,
        stratum=stratum,
        suppressed=hidden,
    )


def allowing_for_all(judgement: Judgement, gap: Gap | None) -> Judgement:
    """Return a warning for a breach that Fisher's test does not bear out among all gaps."""
    if gap is None or judgement.verdict is not Verdict.BREACH or gap.verdict == "critical":
        return judgement
    return Judgement(
        Verdict.WARN, f"{judgement.reason}; not certain once all gaps looked at are allowed for"
    )


def _pair(window: Window, limit: Limit, stratum: str) -> tuple[Estimate, Estimate]:
    """Return the rate behind a gap, in the subgroup and in everybody else."""
    rate = limit.metric.removesuffix("_gap")
    if window.system.output.task is Task.BINARY:
        point = limit.operating_point or ""
        own, every = flag_counts(window, point, stratum), flag_counts(window, point)
        return (
            rates_of_counts(window, own, rate),
            rates_of_counts(window, _without(every, own), rate),
        )
    if window.system.output.task is Task.REGRESSION:
        sums = window.regression(stratum)
        others = window.regression() - sums
        return sums.figures().bias, others.figures().bias
    matrix = window.confusion(stratum)
    return (
        ordinal_from_confusion(matrix).accuracy,
        ordinal_from_confusion(window.confusion() - matrix).accuracy,
    )


def _without(every: FlagCounts, own: FlagCounts) -> FlagCounts:
    return FlagCounts(
        every.flagged_positive - own.flagged_positive,
        every.flagged_negative - own.flagged_negative,
        every.flagged_unlabelled - own.flagged_unlabelled,
        every.unflagged_positive - own.unflagged_positive,
        every.unflagged_negative - own.unflagged_negative,
        every.unflagged_unlabelled - own.unflagged_unlabelled,
    )
