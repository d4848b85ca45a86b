"""The parts of a Brier score add up, and mean what they say."""

import numpy as np
import pytest

from aiops_pipelines.statistics import Histogram, brier, brier_parts, reference_edges

RNG = np.random.default_rng(5)
SCORE = RNG.beta(1, 4, 4000)
LABEL = RNG.random(4000) < SCORE


def histogram(score: np.ndarray, label: np.ndarray) -> Histogram:
    return Histogram.from_cases(score, label, reference_edges(SCORE, [0.3]))


def test_the_parts_are_those_of_the_cases_to_within_the_bins() -> None:
    found, exact = brier_parts(histogram(SCORE, LABEL)), brier(SCORE, LABEL)
    assert found.uncertainty.value == pytest.approx(exact.uncertainty, abs=1e-12)
    assert found.resolution.value == pytest.approx(exact.resolution, abs=5e-4)
    assert found.reliability.value == pytest.approx(exact.reliability, abs=5e-4)
    assert found.skill.value is not None and found.skill.low is not None
    assert found.skill.low < found.skill.value


def test_a_score_that_foretells_too_much_loses_reliability_not_resolution() -> None:
    fair, shifted = (brier_parts(histogram(s, LABEL)) for s in (SCORE, np.sqrt(SCORE)))
    assert (shifted.reliability.value or 0) > 10 * (fair.reliability.value or 1)
    assert shifted.resolution.value == pytest.approx(fair.resolution.value, rel=0.05)
    assert (shifted.skill.value or 1) < 0 < (fair.skill.value or -1)


def test_without_cases_or_without_both_classes_nothing_is_invented() -> None:
    none = brier_parts(histogram(np.empty(0), np.empty(0, bool)))
    assert none.skill.value is None and none.uncertainty.n == 0
    alike = brier_parts(histogram(SCORE[:50], np.zeros(50, bool)))
    assert alike.skill.value is None and alike.uncertainty.value == 0


def test_no_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="groups"):
        brier_parts(histogram(SCORE, LABEL), groups=0)
