"""What the vendor claims against what is seen here: non-inferiority with a margin fixed beforehand.

A claimed PPV or NPV depends on how common the finding is, so the claim is its sensitivity and
specificity, brought to the local prevalence by Bayes' rule; its interval and that of
the difference local minus claimed are MOVER's (Zou & Donner, 2008), for two proportions Newcombe's.

The window's interval holds for one night. A claim is looked at every night, so a breach needs more:
that the difference over the whole period, with a confidence sequence (Howard et al., 2021) in the
place of the local interval, lies beyond the margin too.
"""

from dataclasses import replace
from datetime import date

from aiops_pipelines.contracts.figures import contract_figure
from aiops_pipelines.contracts.stream import QUARTER_DAYS
from aiops_pipelines.evaluation.figure import Figure, subject
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.evaluation.measures import (
    MEASURES,
    bad_events,
    flag_counts,
    rates_of_counts,
    threshold,
)
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Claim
from aiops_pipelines.statistics import (
    Estimate,
    FlagCounts,
    estimate_difference,
    predictive_value,
    proportion,
)
from aiops_pipelines.statistics.boundaries import bernoulli_confidence_interval
from aiops_pipelines.verdict import Verdict

_ALPHA = 0.05
_FEWEST = 50.0
_AT_ANY_TIME = "confidence sequence"


def claim_figure(history: History, claim: Claim, day: date) -> Figure:
    """Return the difference local minus claimed, judged against minus the claim's margin."""
    window = history.mature(claim.window_days)
    local = MEASURES[claim.metric](window, claim.operating_point, "all")
    claimed = claimed_at(claim, local_prevalence(window, claim))
    n = cases_counted(flag_counts(window, claim.operating_point), claim.metric)
    difference = estimate_difference(local, claimed)
    inferior = difference.high is not None and difference.high < -claim.margin
    whole = difference_at_any_time(history, claim, claimed) if inferior else None
    return contract_figure(
        history.system,
        day,
        history.as_of,
        clause=claim.id,
        metric=f"{claim.metric}_against_claim",
        operating_point=claim.operating_point,
        window=claim.window_days,
        estimate=Estimate(
            difference.value,
            difference.low,
            difference.high,
            None,
            n,
            None,
            "local minus claimed, MOVER",
        ),
        minimum=-claim.margin,
        baseline=claimed.value,
        judgement=_judged(claim, local, n, claimed, difference, whole),
    )


def difference_at_any_time(history: History, claim: Claim, claimed: Estimate) -> Estimate:
    """Return local minus claimed over the contract period, valid at every look with 95%.

    The period's mature days begin after the reference, with the contract. The sequence is
    sharpest after a quarter's cases, as many as the reference period had.
    """
    contract = history.system.contract
    first = contract.start if contract else date.min
    days = [day for day in history.monitored_mature_days if day >= first]
    rate = bad_events(claim.metric, history.window(days), claim.operating_point)
    before = bad_events(claim.metric, history.reference, claim.operating_point)
    if rate is None or before is None or not rate.trials:
        return Estimate.missing(0, 0, _AT_ANY_TIME)
    pace = before.trials / max(len(history.reference.days), 1)
    low, high = bernoulli_confidence_interval(
        rate.events, rate.trials, _ALPHA, max(QUARTER_DAYS * pace, _FEWEST)
    )
    best, value, worst = (1 - rate.true_rate(bad) for bad in (low, rate.events / rate.trials, high))
    local = Estimate(value, worst, best, None, rate.trials, None, _AT_ANY_TIME)
    return estimate_difference(local, claimed)


def claimed_at(claim: Claim, prevalence: float | None) -> Estimate:
    """Return the claimed value with its interval, for PPV and NPV at `prevalence`."""
    if claim.value is not None and claim.n is not None:
        return proportion(round(claim.value * claim.n), claim.n)
    if prevalence is None or not 0 < prevalence < 1:
        return Estimate.missing(0, None, "claimed, at the local prevalence")
    assert claim.sensitivity and claim.specificity and claim.n_positive and claim.n_negative
    sensitivity = proportion(round(claim.sensitivity * claim.n_positive), claim.n_positive)
    specificity = proportion(round(claim.specificity * claim.n_negative), claim.n_negative)
    found = predictive_value(claim.metric, sensitivity, specificity, prevalence)
    return replace(found, method="claimed, at the local prevalence")


def local_prevalence(window: Window, claim: Claim) -> float | None:
    """Return the share of positives among the window's cases, weighted where verified in part."""
    counts = window.histogram().flag_counts(threshold(window, claim.operating_point))
    flagged = counts.flagged_positive + counts.flagged_negative
    unflagged = counts.unflagged_positive + counts.unflagged_negative
    if not flagged or not unflagged:
        return None
    ppv, npv = (rates_of_counts(window, counts, name).value for name in ("ppv", "npv"))
    share = rates_of_counts(window, counts, "flag_rate").value
    if ppv is None or npv is None or share is None:
        return None
    return share * ppv + (1 - share) * (1 - npv)


def cases_counted(counts: FlagCounts, metric: str) -> int:
    """Return the labelled cases that a rate rests on: for sensitivity, the positives."""
    return {
        "sensitivity": counts.flagged_positive + counts.unflagged_positive,
        "specificity": counts.flagged_negative + counts.unflagged_negative,
        "ppv": counts.flagged_positive + counts.flagged_negative,
        "npv": counts.unflagged_positive + counts.unflagged_negative,
    }[metric]


def _judged(
    claim: Claim,
    local: Estimate,
    n: int,
    claimed: Estimate,
    gap: Estimate,
    whole: Estimate | None,
) -> Judgement:
    name = subject(claim.metric, claim.operating_point)
    if n < claim.minimum_n or gap.value is None or gap.low is None or gap.high is None:
        held = "fewer than 11" if n < 11 else f"{n:,}"
        return Judgement(
            Verdict.INSUFFICIENT_DATA,
            f"{name}: {held} of the {claim.minimum_n} cases needed to judge the claim",
        )
    stated = (
        f"{name} {local.value:.3f} here (n={n:,}) against {claimed.value:.3f} claimed "
        f"(n={claimed.n:,}): difference {gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})"
    )
    if gap.low >= -claim.margin:
        return Judgement(Verdict.OK, f"{stated}: not inferior by the margin of {claim.margin:g}")
    if whole is not None and whole.value is not None and whole.high is not None:
        period = (
            f"over the contract period {whole.value:+.3f} ({whole.low:+.3f} to {whole.high:+.3f} "
            "at any time, 95%)"
        )
        if whole.high < -claim.margin:
            return Judgement(
                Verdict.BREACH,
                f"{stated}; {period}: inferior by more than the margin of {claim.margin:g}",
            )
        return Judgement(
            Verdict.WARN,
            f"{stated}: beyond the margin of {claim.margin:g} tonight; {period}: not proven for "
            "a claim that is looked at every night",
        )
    if gap.value < -claim.margin:
        return Judgement(
            Verdict.WARN, f"{stated}: beyond the margin of {claim.margin:g}, not proven"
        )
    return Judgement(
        Verdict.INSUFFICIENT_DATA, f"{stated}: too uncertain for a margin of {claim.margin:g}"
    )
