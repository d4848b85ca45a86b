"""Classes and grades: figures from a confusion matrix, bounded where cases are few or all alike."""

import numpy as np
import pytest

from aiops_pipelines.statistics import (
    confusion_matrix,
    multiclass,
    ordinal,
    ordinal_from_confusion,
)


def _grades(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    true = random.choice(5, n, p=[0.4, 0.25, 0.15, 0.12, 0.08])
    return np.clip(np.round(true + random.normal(0.2, 0.8, n)), 0, 4).astype(int), true


def test_matrices_of_days_add_up_to_the_window() -> None:
    predicted, true = _grades(0, 200)
    parts = [confusion_matrix(predicted[h], true[h], 5) for h in (slice(80), slice(80, None))]
    assert ordinal_from_confusion(sum(parts)) == ordinal(predicted, true, 5)


def test_rows_are_predicted_and_columns_true() -> None:
    assert confusion_matrix([2, 2, 0], [1, 1, 0], 3).tolist() == [[1, 0, 0], [0, 0, 0], [0, 2, 0]]


def test_grade_bias_is_positive_when_grades_are_too_high() -> None:
    found = ordinal([1, 2, 2, 3], [0, 1, 2, 3], 5)
    assert found.grade_bias.value == pytest.approx(0.5)
    assert (found.accuracy.value, found.within_one.value) == (0.5, 1.0)


def test_perfect_agreement_is_not_certainty() -> None:
    found = ordinal([0, 1, 2, 2], [0, 1, 2, 2], 3)
    kappa, bias = found.quadratic_weighted_kappa, found.grade_bias
    assert kappa.value == 1.0
    assert kappa.low < 0.5
    assert bias.value == 0.0
    assert bias.low < -0.5
    assert bias.high > 0.5


@pytest.mark.parametrize(("predicted", "true"), [([], []), ([1], [2]), ([1, 1, 1], [1, 1, 1])])
def test_kappa_does_not_exist_without_two_cases_of_different_grades(
    predicted: list[int], true: list[int]
) -> None:
    found = ordinal(predicted, true, 3)
    assert found.quadratic_weighted_kappa.value is None
    assert (found.accuracy.value is None) == (not true)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.array([[5]]), "matrix: must be square with two grades or more"),
        (np.array([[5, 1, 2], [1, 1, 1]]), "matrix: must be square"),
        (np.array([[5, -1], [1, 1]]), "matrix: must not be negative; first offending index 1"),
    ],
)
def test_bad_matrices_are_refused(matrix: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ordinal_from_confusion(matrix)


def test_classes_out_of_range_are_refused_by_name_and_index() -> None:
    with pytest.raises(ValueError, match=r"predicted: must be a class 0 to 2; .*index 1"):
        confusion_matrix([0, 3], [0, 1], 3)
    with pytest.raises(ValueError, match=r"label: must be a class 0 to 2; .*index 0"):
        confusion_matrix([0, 1], [0.5, 1], 3)
    with pytest.raises(ValueError, match="shapes differ"):
        confusion_matrix([0, 1], [0], 3)
    with pytest.raises(ValueError, match="probabilities: must be"):
        multiclass([[0.5, np.nan]], [0])


def test_the_macro_auroc_of_two_classes_is_the_binary_one() -> None:
    random = np.random.default_rng(1)
    score = random.random(300)
    label = (random.random(300) < score).astype(int)
    found = multiclass(np.column_stack([1 - score, score]), label)
    assert found.macro_auroc.value == pytest.approx(found.auroc[1].value)
    assert found.macro_auroc.standard_error == pytest.approx(found.auroc[1].standard_error)


def test_the_macro_interval_is_narrower_than_the_mean_of_the_classes() -> None:
    random = np.random.default_rng(2)
    label = random.choice(4, 400)
    evidence = random.normal(size=(400, 4))
    evidence[np.arange(400), label] += 1
    found = multiclass(np.exp(evidence), label)
    mean_width = np.mean([each.high - each.low for each in found.auroc])
    assert 0.3 * mean_width < found.macro_auroc.high - found.macro_auroc.low < mean_width


def test_a_class_without_cases_leaves_no_macro_auroc() -> None:
    found = multiclass(np.full((4, 3), 1 / 3), [0, 0, 1, 1])
    assert found.auroc[2].value is None
    assert found.macro_auroc.value is None
    assert found.sensitivity[2].value is None
