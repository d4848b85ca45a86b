"""Begg-Greenes on 650 liver scans, 306 without a biopsy (Drum & Christacopoulos, 1972).

Values from R's PVBcorrect (MIT), which ships the data; inverse probability weighting gives the same
sensitivity and specificity.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from aiops_pipelines.statistics import (
    VerificationCounts,
    verification_adjusted,
    verification_adjusted_from_counts,
)

DATA = Path(__file__).parent / "data" / "hepatic_pvb.csv"


@pytest.fixture
def scans():
    rows = list(csv.DictReader(DATA.read_text().splitlines()))
    test, verified = (np.array([int(r[name]) for r in rows]) for name in ("test", "verified"))
    disease = np.array(
        [float(r["disease"]) if r["disease"] not in ("", "NA") else -1 for r in rows]
    )
    return test, verified, disease


def test_rates_of_the_liver_scans_are_those_of_pvbcorrect(scans):
    found = verification_adjusted(*scans)
    assert found.sensitivity.value == pytest.approx(0.8364667154353, abs=1e-12)
    assert found.specificity.value == pytest.approx(0.7383980181668, abs=1e-12)
    assert found.ppv.value == pytest.approx(0.8783269961977, abs=1e-12)
    assert found.npv.value == pytest.approx(0.6666666666667, abs=1e-12)


def test_standard_errors_of_the_liver_scans_are_those_of_pvbcorrect(scans):
    found = verification_adjusted(*scans)
    assert found.sensitivity.standard_error == pytest.approx(0.0244980, abs=5e-8)
    assert found.specificity.standard_error == pytest.approx(0.0388627, abs=5e-8)


def test_intervals_of_the_liver_scans_lie_near_those_of_the_delta_method(scans):
    found = verification_adjusted(*scans).sensitivity
    reach = 1.959964 * 0.0244980 / (0.8364667 * (1 - 0.8364667))
    centre = np.log(0.8364667 / (1 - 0.8364667))
    low, high = (1 / (1 + np.exp(-(centre + sign * reach))) for sign in (-1, 1))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.008)


def test_weighting_by_the_inverse_of_the_verified_share_gives_the_same_sensitivity(scans):
    test, verified, disease = scans
    known = verified == 1
    weight = np.array([1 / known[test == flag].mean() for flag in (0, 1)])[test]
    ill = known & (disease == 1)
    weighted = weight[ill & (test == 1)].sum() / weight[ill].sum()
    assert verification_adjusted(*scans).sensitivity.value == pytest.approx(weighted, abs=1e-12)


def test_counts_give_what_cases_give(scans):
    test, verified, disease = scans
    counts = VerificationCounts(
        *(
            int(np.sum((test == flag) & part))
            for flag in (1, 0)
            for part in (
                (verified == 1) & (disease == 1),
                (verified == 1) & (disease == 0),
                verified == 0,
            )
        )
    )
    assert verification_adjusted_from_counts(counts) == verification_adjusted(*scans)
