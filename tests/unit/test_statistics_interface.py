"""The interface that others build on: every name, its stated signature, what it hands back."""

import inspect
import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from aiops_pipelines import statistics as s

SIGNATURES = {
    "proportion": ("events", "n", "method"),
    "proportion_difference": ("x1", "n1", "x2", "n2", "method"),
    "paired_difference": ("b", "c", "n"),
    "mcnemar": ("b", "c", "method"),
    "auroc": ("score", "label", "cluster"),
    "compare_auroc": ("score_a", "score_b", "label", "cluster"),
    "average_precision": ("score", "label"),
    "brier": ("score", "label"),
    "log_loss": ("score", "label"),
    "operating_point": ("score", "label", "threshold"),
    "net_benefit": ("score", "label", "thresholds"),
    "calibration": ("score", "label"),
    "reference_edges": ("scores", "operating_points"),
    "drift": ("reference", "current"),
    "domain_classifier": ("reference", "current"),
    "estimate_performance": ("score", "reference_score", "reference_label", "thresholds"),
    "verification_adjusted": ("flagged", "verified", "label", "audit_fraction"),
    "audit_size": ("unflagged", "omission_rate", "true_positives", "half_width"),
    "subgroup_gaps": ("table",),
    "suppress": ("table", "minimum"),
    "e_bh": ("e_values", "level"),
    "benjamini_hochberg": ("p_values", "level"),
    "lord": ("p_values", "level"),
    "saffron": ("p_values", "level"),
    "change_point": ("events", "trials", "days"),
    "decompose_shift": ("reference", "reference_slice", "current", "current_slice"),
    "multiclass": ("probabilities", "label"),
    "ordinal": ("predicted", "label"),
    "regression": ("predicted", "observed"),
    "sample_size": ("expected", "half_width"),
}
WITHOUT_INTERVAL = {"mcnemar", "reference_edges", "suppress", "e_bh", "benjamini_hochberg"}
ONLINE = {"lord", "saffron"}
RNG = np.random.default_rng(5)
LABEL = RNG.random(400) < 0.3
SCORE = np.clip(0.3 * RNG.random(400) + 0.5 * LABEL * RNG.random(400), 0.01, 0.99)


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_function_takes_its_arguments_in_the_stated_order(name: str) -> None:
    parameters = inspect.signature(getattr(s, name)).parameters
    assert tuple(parameters)[: len(SIGNATURES[name])] == SIGNATURES[name]
    if name not in WITHOUT_INTERVAL:
        assert parameters["level"].default == (0.05 if name in ONLINE else 0.95)


def test_an_estimate_has_the_stated_fields() -> None:
    found = s.proportion(3, 12)
    assert (found.value, found.n, found.n_events, found.method) == (0.25, 12, 3, "Wilson")
    assert 0 < found.low < 0.25 < found.high < 1
    assert found.standard_error == pytest.approx(0.125)
    assert s.proportion(0, 0).value is None


def test_the_parts_of_a_brier_score_add_up_over_bins_of_unequal_scores() -> None:
    found = s.brier(SCORE, LABEL, bins=7)
    whole = (
        found.reliability
        - found.resolution
        + found.uncertainty
        + found.within_bin_variance
        - found.within_bin_covariance
    )
    assert whole == pytest.approx(float(np.mean((SCORE - LABEL) ** 2)), abs=1e-12)
    assert found.value == pytest.approx(whole, abs=1e-12)
    assert found.within_bin_variance > 1e-6
    assert found.skill == pytest.approx(1 - found.value / found.uncertainty)


def test_z_has_the_sign_of_a_minus_b() -> None:
    worse = SCORE + RNG.normal(0, 0.3, len(SCORE))
    found, turned = s.compare_auroc(SCORE, worse, LABEL), s.compare_auroc(worse, SCORE, LABEL)
    assert found.difference > 0
    assert found.z > 0
    assert (turned.z, turned.low) == pytest.approx((-found.z, -found.high))


def test_an_operating_point_states_every_rate_with_an_interval() -> None:
    found = s.operating_point(SCORE, LABEL, 0.25)
    for name in (
        "sensitivity",
        "specificity",
        "ppv",
        "npv",
        "flag_rate",
        "positive_likelihood_ratio",
        "negative_likelihood_ratio",
        "nne",
    ):
        rate = getattr(found, name)
        assert rate.low <= rate.value <= rate.high, name
    assert found.nne.value == pytest.approx(1 / found.ppv.value)
    ratio = found.sensitivity.value / (1 - found.specificity.value)
    assert found.positive_likelihood_ratio.value == pytest.approx(ratio)


def test_calibration_states_everything_about_calibration() -> None:
    found = s.calibration(SCORE, LABEL)
    for name in ("intercept", "slope", "in_the_large", "intercept_alone", "ece", "ece_debiased"):
        assert getattr(found, name).low <= getattr(found, name).value <= getattr(found, name).high
    assert found.in_the_large.value == pytest.approx(LABEL.sum() / SCORE.sum())
    assert 0 <= found.spiegelhalter.p_value <= 1
    assert found.hosmer_lemeshow.degrees_of_freedom == 8
    curve = found.reliability
    assert np.all((curve.low <= curve.observed) & (curve.observed <= curve.high))


def test_a_histogram_answers_what_cases_answer() -> None:
    edges = s.reference_edges(SCORE, [0.25])
    parts = [
        s.Histogram.from_cases(SCORE[half], LABEL[half], edges)
        for half in (slice(150), slice(150, None))
    ]
    whole = parts[0] + parts[1]
    gap = abs(whole.auroc().value - s.auroc(SCORE, LABEL).value)
    assert gap <= whole.auroc_bound() + 1e-12
    assert whole.operating_point(0.25) == s.operating_point(SCORE, LABEL, 0.25)
    assert whole.average_precision().value is not None
    assert whole.calibration().slope.value == pytest.approx(
        s.calibration(SCORE, LABEL).slope.value, rel=0.02
    )
    drawn = [whole.bootstrap("auroc", replicates=50, seed=3) for _ in range(2)]
    assert drawn[0] == drawn[1]
    restored = s.Histogram.from_arrow(whole.to_arrow(), edges)
    assert restored.auroc() == whole.auroc()


def test_sequential_states_survive_a_file() -> None:
    states = [s.RateExceedance(0.1), s.ShiryaevRoberts(0.1), s.BernoulliCusum(0.1, 0.2, 4.0)]
    for state in states:
        for day in range(1, 15):
            state = state.update(3, 8, date(2026, 1, day))
        restored = type(state).from_dict(json.loads(json.dumps(state.to_dict())))
        assert restored == state
        assert restored.update(1, 8) == state.update(1, 8)


def test_drift_knows_numbers_from_words() -> None:
    numbers = s.drift(SCORE, SCORE[:100] + 0.5)
    assert numbers.ks.value > 0.5
    assert numbers.out_of_range_rate.value > 0
    words = s.drift(["a", "b", "b", None], ["c", "b", "b", "a"])
    assert words.new_category_rate.value == 0.25
    assert words.wasserstein.value is None


def test_sizes_are_those_of_the_methods_document() -> None:
    sizes = [s.sample_size(0.9, width).needed for width in (0.10, 0.05, 0.03, 0.02)]
    assert sizes == pytest.approx([37, 141, 388, 868], abs=4)


WORKED_OUT = re.compile(
    r"\.(mean|nanmean|average|median|nanmedian|std|var|quantile|percentile|corrcoef|cov)\("
    r"|^(from|import) statistics\b",
    re.MULTILINE,
)
POPULATIONS = {"simulation"}
"""The simulated hospital draws cases and works out no figure of any."""


def test_no_figure_is_worked_out_beside_the_statistics() -> None:
    package = Path(s.__file__).parents[1]
    found = [
        (path.relative_to(package).as_posix(), match.group())
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] not in {"statistics", *POPULATIONS}
        for match in WORKED_OUT.finditer(path.read_text())
    ]
    assert not found
    assert WORKED_OUT.search("np.mean(rows)") and WORKED_OUT.search("from statistics import mean")
