"""Sensitivity and specificity when not every case gets its truth.

AI-positives are read, of AI-negatives only an audit sample: the naive sensitivity is far too high.
Verification depends on the flag alone, so predictive values are unbiased among the verified and
the rest follows. Sources: Begg & Greenes (1983); inverse probability weighting gives the same
point where the weights are the observed verification rates (Harel & Zhou, 2006).
"""

import math
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import (
    FloatArray,
    binary,
    confidence_level,
    same_length,
    vector,
    whole,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.proportions import proportion
from aiops_pipelines.statistics.tails import normal_quantile

_DRAWS = 20_000
AUDIT_LEVEL = 0.999
"""A stated share is contradicted where this interval excludes it, so that chance says so of one
audit in a thousand, and where the audited share is a tenth of it away, so that few lost labels do
not."""
_AUDIT_MARGIN = 0.1


@dataclass(frozen=True, slots=True)
class AuditShare:
    """The share of AI-negatives that were verified, against the one stated (None: none stated)."""

    share: Estimate
    stated: float | None
    contradicted: bool

    @property
    def note(self) -> str | None:
        """Return what contradicts the stated share, in words; None where nothing does."""
        if not self.contradicted or self.share.value is None or self.stated is None:
            return None
        return f"{self.share.value:.1%} of AI-negatives audited where {self.stated:.1%} are stated"


@dataclass(frozen=True, slots=True)
class Verified:
    """The rates adjusted for partial verification, and the audit that they rest on.

    Where the audit contradicts its stated share, the methods of sensitivity and specificity say
    so: what was left unread may not have been left by chance.
    """

    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    audit: AuditShare


@dataclass(frozen=True, slots=True)
class VerificationCounts:
    """Cases by flag and by what is known of them."""

    flagged_positive: int
    flagged_negative: int
    flagged_unverified: int
    unflagged_positive: int
    unflagged_negative: int
    unflagged_unverified: int


def verification_adjusted(
    flagged: ArrayLike,
    verified: ArrayLike,
    label: ArrayLike,
    audit_fraction: float | None = None,
    level: float = 0.95,
) -> Verified:
    """Return the adjusted rates; all arrays (n,), labels of unverified cases are not looked at.

    The observed share of audited AI-negatives weighs them: it gives the smaller variance (Robins,
    Rotnitzky & Zhao, 1994). `audit_fraction`, the share that was to be drawn, is held against it.

    Raises ValueError for differing lengths, values other than 0/1, or a share outside (0, 1].
    """
    flags, known = binary("flagged", flagged), binary("verified", verified)
    values = vector("label", label)
    same_length(flagged=flags, verified=known, label=values)
    truth = binary("label", np.where(known, values, 0))
    counts = VerificationCounts(
        *(
            int(np.sum(side & part))
            for side in (flags, ~flags)
            for part in (known & truth, known & ~truth, ~known)
        )
    )
    return verification_adjusted_from_counts(counts, level, audit_fraction)


def audit_share(
    audited: int, unflagged: int, audit_fraction: float | None = None, level: float = AUDIT_LEVEL
) -> AuditShare:
    """Return the share of `unflagged` cases that were `audited`, held against the stated one.

    Raises ValueError for broken counts, or a stated share outside (0, 1].
    """
    if audit_fraction is not None and not 0 < audit_fraction <= 1:
        raise ValueError(f"audit_fraction: must lie in (0, 1], is {audit_fraction!r}")
    for name, count in (("audited", audited), ("unflagged", unflagged)):
        whole(name, count)
    if audited > unflagged:
        raise ValueError(f"audited: must not exceed unflagged, is {audited} of {unflagged}")
    share = proportion(audited, unflagged, "clopper-pearson", level)
    if share.value is None or share.low is None or share.high is None or audit_fraction is None:
        return AuditShare(share, audit_fraction, False)
    excluded = not share.low <= audit_fraction <= share.high
    far = abs(share.value - audit_fraction) > _AUDIT_MARGIN * audit_fraction
    return AuditShare(share, audit_fraction, excluded and far)


def verification_adjusted_from_counts(
    counts: VerificationCounts, level: float = 0.95, audit_fraction: float | None = None
) -> Verified:
    """Return the adjusted rates from counts; daily statistics hold no more.

    Standard errors are Begg & Greenes'; intervals are equal-tailed ones of the three independent
    binomials with Jeffreys priors, so that an audit without a miss does not claim certainty: its
    sensitivity is 1 with an interval that reaches as far down as so small an audit allows. A system
    that flags nothing has sensitivity 0 where the audit found a miss. No value where a side has
    cases but none verified. `audit_fraction` as in `verification_adjusted`.

    Raises ValueError for negative counts, or a stated share outside (0, 1].
    """
    for each in fields(counts):
        whole(each.name, getattr(counts, each.name))
    ppv = proportion(
        counts.flagged_positive, counts.flagged_positive + counts.flagged_negative, level=level
    )
    npv = proportion(
        counts.unflagged_negative,
        counts.unflagged_positive + counts.unflagged_negative,
        level=level,
    )
    read = counts.unflagged_positive + counts.unflagged_negative
    audit = audit_share(read, read + counts.unflagged_unverified, audit_fraction)
    sensitivity, specificity = (
        replace(rate, method=f"{rate.method}; {audit.note}") if audit.note else rate
        for rate in _begg_greenes(counts, level)
    )
    return Verified(sensitivity, specificity, ppv, npv, audit)


def _begg_greenes(counts: VerificationCounts, level: float) -> tuple[Estimate, Estimate]:
    method = "Begg-Greenes, Jeffreys posterior interval"
    a, b = counts.flagged_positive, counts.flagged_negative
    c, d = counts.unflagged_positive, counts.unflagged_negative
    flagged = a + b + counts.flagged_unverified
    unflagged = c + d + counts.unflagged_unverified
    n, verified, events = flagged + unflagged, a + b + c + d, a + c
    if n == 0 or (flagged and not a + b) or (unflagged and not c + d):
        missing = Estimate.missing(verified, events, method)
        return missing, missing
    chance = np.array([flagged / n, a / max(a + b, 1), c / max(c + d, 1)])
    alpha = 1 - confidence_level(level)
    random = np.random.default_rng(0)
    drawn = np.stack(
        [
            random.beta(*_posterior(flagged, unflagged), _DRAWS),
            random.beta(*_posterior(a, b), _DRAWS),
            random.beta(*_posterior(c, d), _DRAWS),
        ]
    )
    found = []
    for rate, error in zip(
        _rates(chance), _standard_errors(counts, flagged, unflagged), strict=True
    ):
        found.append((float(rate), error))
    intervals = [np.quantile(each, [alpha / 2, 1 - alpha / 2]) for each in _rates(drawn)]
    estimates = [
        Estimate.missing(verified, events, method)
        if not math.isfinite(value)
        else Estimate(
            value,
            min(float(low), value),
            max(float(high), value),
            error,
            verified,
            events,
            method,
        )
        for (value, error), (low, high) in zip(found, intervals, strict=True)
    ]
    return estimates[0], estimates[1]


def _posterior(events: int, others: int) -> tuple[float, float]:
    """Return the beta posterior's parameters, by Jeffreys' prior where both kinds were seen.

    What was not seen has Clopper and Pearson's limit (Brown, Cai & DasGupta, 2001): with Jeffreys'
    an audit without a miss rules out more misses than the chance of finding none allows.
    """
    if bool(events) == bool(others):
        return events + 0.5, others + 0.5
    return max(events, 1.0), max(others, 1.0)


def _rates(chance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return sensitivity and specificity from flag rate, PPV and false-omission rate."""
    flag, ppv, omission = chance
    with np.errstate(invalid="ignore", divide="ignore"):
        sensitivity = flag * ppv / (flag * ppv + (1 - flag) * omission)
        specificity = (1 - flag) * (1 - omission) / ((1 - flag) * (1 - omission) + flag * (1 - ppv))
    return sensitivity, specificity


def _standard_errors(
    counts: VerificationCounts, flagged: int, unflagged: int
) -> tuple[float | None, float | None]:
    """Return Begg & Greenes' standard errors; None where a cell they divide by is empty."""
    a, b = counts.flagged_positive, counts.flagged_negative
    c, d = counts.unflagged_positive, counts.unflagged_negative
    if not (a and b and c and d):
        return None, None
    n = flagged + unflagged
    chance = np.array([flagged / n, a / (a + b), c / (c + d)])
    sensitivity, specificity = (float(rate) for rate in _rates(chance))
    inverse = n / (flagged * unflagged)
    of_sensitivity = inverse + b / (a * (a + b)) + d / (c * (c + d))
    of_specificity = inverse + a / (b * (a + b)) + c / (d * (c + d))
    return (
        sensitivity * (1 - sensitivity) * math.sqrt(of_sensitivity),
        specificity * (1 - specificity) * math.sqrt(of_specificity),
    )


@dataclass(frozen=True, slots=True)
class AuditSize:
    """How many AI-negatives to re-read, what that gives, and how likely it finds no miss.

    `half_width` is the one to expect of the reported sensitivity: wider than the wanted one where
    re-reading all is not enough, since the cases themselves are too few.
    """

    n: int
    fraction: float
    half_width: float
    chance_of_no_miss: float


def audit_size(
    unflagged: int,
    omission_rate: float,
    true_positives: int,
    half_width: float,
    level: float = 0.95,
) -> AuditSize:
    """Return the audit after which sensitivity is reported within +-`half_width`.

    `unflagged` AI-negatives contain a share `omission_rate` of positives; `true_positives` were
    flagged, and all flagged cases are verified. The standard error is Begg & Greenes' (1983), that
    `verification_adjusted` states, so that chance in the cases counts beside chance in the audit.

    Raises ValueError for rates outside (0, 1) or counts below 1.
    """
    for name, share in (("omission_rate", omission_rate), ("half_width", half_width)):
        if not 0 < share < 1:
            raise ValueError(f"{name}: must lie strictly between 0 and 1, is {share!r}")
    unflagged = whole("unflagged", unflagged, least=1)
    true_positives = whole("true_positives", true_positives, least=1)
    missed = unflagged * omission_rate
    sensitivity = true_positives / (true_positives + missed)
    scale = normal_quantile((1 + confidence_level(level)) / 2) * sensitivity * (1 - sensitivity)
    of_cases = 1 / true_positives + 1 / unflagged
    of_one_read = (1 - omission_rate) / omission_rate
    room = (half_width / scale) ** 2 - of_cases
    n = math.ceil(of_one_read / room) if room * unflagged > of_one_read else unflagged
    reached = scale * math.sqrt(of_cases + of_one_read / n)
    return AuditSize(n, n / unflagged, reached, chance_of_no_miss(unflagged, round(missed), n))


def chance_of_no_miss(unflagged: int, missed: int, audited: int) -> float:
    """Return the probability that an audit of `audited` AI-negatives holds none of the missed."""
    from scipy.stats import hypergeom  # late: see statistics.tails

    return float(hypergeom.pmf(0, unflagged, missed, audited))
