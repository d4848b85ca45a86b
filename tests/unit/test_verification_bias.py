"""What partial verification can and cannot say."""

import numpy as np
import pytest

from aiops_pipelines.statistics import (
    VerificationCounts,
    audit_share,
    audit_size,
    verification_adjusted,
    verification_adjusted_from_counts,
)
from aiops_pipelines.statistics.verification import chance_of_no_miss


def test_an_audit_without_a_miss_never_claims_certainty():
    found = verification_adjusted_from_counts(VerificationCounts(85, 100, 0, 0, 40, 3960))
    assert found.sensitivity.value == 1.0
    assert found.sensitivity.low < 0.6
    assert found.sensitivity.high == 1.0
    assert found.sensitivity.standard_error is None


def test_a_larger_audit_without_a_miss_says_more():
    lows = [
        verification_adjusted_from_counts(
            VerificationCounts(85, 100, 0, 0, audited, 4000 - audited)
        ).sensitivity.low
        for audited in (10, 100, 1000)
    ]
    assert lows == sorted(lows)


def test_a_system_that_flags_nothing_has_sensitivity_zero_not_no_estimate():
    found = verification_adjusted_from_counts(VerificationCounts(0, 0, 0, 3, 97, 900))
    assert found.sensitivity.value == 0.0
    assert 0 <= found.sensitivity.low <= found.sensitivity.high < 1
    assert found.specificity.value == 1.0
    assert found.ppv.value is None


def test_a_side_without_any_verified_case_has_no_sensitivity():
    found = verification_adjusted_from_counts(VerificationCounts(10, 5, 0, 0, 0, 985))
    assert found.sensitivity.value is None
    assert found.specificity.value is None
    assert found.ppv.value == pytest.approx(10 / 15)


def test_no_cases_no_estimate():
    found = verification_adjusted_from_counts(VerificationCounts(0, 0, 0, 0, 0, 0))
    assert (found.sensitivity.value, found.specificity.value) == (None, None)
    assert (found.ppv.value, found.npv.value) == (None, None)


def test_full_verification_leaves_the_plain_rates():
    found = verification_adjusted_from_counts(VerificationCounts(80, 30, 0, 20, 70, 0))
    assert found.sensitivity.value == pytest.approx(0.8)
    assert found.specificity.value == pytest.approx(0.7)


def test_labels_of_unverified_cases_are_not_looked_at():
    flagged, verified = [1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0]
    plain = verification_adjusted(flagged, verified, [1, 0, 1, 0, 0, 0])
    assert verification_adjusted(flagged, verified, [1, 0, 1, 0, np.nan, 7]) == plain


def test_bad_input_names_argument_and_index():
    with pytest.raises(ValueError, match=r"flagged.*index 1"):
        verification_adjusted([1, 2], [1, 1], [0, 1])
    with pytest.raises(ValueError, match=r"label.*index 1"):
        verification_adjusted([1, 0, 1], [1, 1, 0], [1, 3, 0])
    with pytest.raises(ValueError, match="shapes differ"):
        verification_adjusted([1, 0], [1], [1, 0])
    with pytest.raises(ValueError, match="audit_fraction"):
        verification_adjusted([1, 0], [1, 1], [1, 0], audit_fraction=1.5)
    with pytest.raises(ValueError, match="unflagged_positive"):
        verification_adjusted_from_counts(VerificationCounts(1, 1, 0, -1, 1, 0))
    with pytest.raises(ValueError, match="half_width"):
        audit_size(1000, 0.01, 50, 0)


def test_most_one_per_cent_audits_contain_no_miss():
    """37 missed among 4,000: (1 - 0.01) to the 37th is 0.69."""
    assert chance_of_no_miss(4000, 37, 40) == pytest.approx(0.69, abs=0.005)


def test_the_audit_of_the_stated_size_gives_the_wanted_half_width():
    """The sensitivity drawn anew with its cases, and the interval that is then reported."""
    wanted, unflagged, missed, found = 0.05, 9000, 90, 410
    plan = audit_size(unflagged, missed / unflagged, found, wanted)
    assert plan.half_width == pytest.approx(wanted, abs=1e-5)
    random = np.random.default_rng(5)
    drawn, left = random.poisson(found, 4000), random.poisson(missed, 4000)
    seen = random.hypergeometric(left, unflagged - left, plan.n)
    sensitivity = drawn / (drawn + seen * unflagged / plan.n)
    assert np.mean(np.abs(sensitivity - found / (found + missed)) <= wanted) == pytest.approx(
        0.95, abs=0.025
    )
    assert plan.chance_of_no_miss == pytest.approx(np.mean(seen == 0), abs=0.01)
    read = round(plan.n * missed / unflagged)
    reported = verification_adjusted_from_counts(
        VerificationCounts(found, 500, 0, read, plan.n - read, unflagged - plan.n)
    ).sensitivity
    assert (reported.high - reported.low) / 2 == pytest.approx(wanted, rel=0.05)


def test_an_audit_of_all_cases_says_what_it_can_give_at_most():
    """50 found and 100 missed: reading all is a binomial of 150, +-0.075 and no better."""
    plan = audit_size(10_000, 0.01, 50, 0.03)
    assert (plan.n, plan.fraction) == (10_000, 1.0)
    assert plan.half_width == pytest.approx(1.96 * np.sqrt(1 / 3 * 2 / 3 / 150), rel=1e-4)


def test_an_audit_that_contradicts_its_stated_share_says_so():
    """120 of 1,000 read where a quarter was to be: the rates are those of 120, with a warning."""
    counts = VerificationCounts(85, 100, 0, 3, 117, 880)
    plain = verification_adjusted_from_counts(counts)
    found = verification_adjusted_from_counts(counts, audit_fraction=0.25)
    assert plain.audit.note is None
    assert found.audit.contradicted
    assert found.sensitivity.value == plain.sensitivity.value
    for rate in (found.sensitivity, found.specificity):
        assert rate.method.endswith("12.0% of AI-negatives audited where 25.0% are stated")
    assert "stated" not in found.ppv.method


@pytest.mark.parametrize(
    ("audited", "unflagged", "stated"),
    [
        (20, 100, 0.25),  # chance
        (2300, 10_000, 0.25),  # certain, but a few lost labels
        (0, 0, 0.25),  # nobody to audit
        (100, 1000, None),  # nothing stated
    ],
)
def test_chance_and_few_lost_labels_contradict_nothing(audited, unflagged, stated):
    assert not audit_share(audited, unflagged, stated).contradicted
    assert audit_share(audited, unflagged, stated).note is None


def test_chance_alone_contradicts_the_share_of_one_audit_in_a_thousand():
    read = np.random.default_rng(3).binomial(400, 0.25, 4000)
    assert np.mean([audit_share(int(each), 400, 0.25).contradicted for each in read]) <= 0.0025


def test_an_audit_without_a_miss_rules_out_no_more_than_its_size_allows() -> None:
    """So many cases are flagged that only the audit is uncertain: Clopper and Pearson's limit."""
    counts = VerificationCounts(85_000, 1000, 0, 0, 160, 899_840)
    found = verification_adjusted_from_counts(counts).sensitivity
    missed = (1 - 0.025 ** (1 / 160)) * 900_000
    assert found.value == found.high == 1
    assert found.low == pytest.approx(85_000 / (85_000 + missed), rel=0.02)
