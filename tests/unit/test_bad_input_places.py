"""Refusals name the first case that is wrong, also where text, gaps or single values hide it."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aiops_pipelines import statistics as s

SCORE, LABEL = [0.1, 0.4, 0.35, 0.8], [0, 1, 0, 1]
EDGES = s.reference_edges(SCORE, [0.5])
LABELLED: dict[str, Callable[[Any], Any]] = {
    "auroc": lambda label: s.auroc(SCORE, label),
    "exact_metrics": lambda label: s.exact_metrics(SCORE, label),
    "calibration": lambda label: s.calibration(SCORE, label),
    "operating_point": lambda label: s.operating_point(SCORE, label, 0.5),
    "Histogram": lambda label: s.Histogram.from_cases(SCORE, label, EDGES),
    "verification_adjusted": lambda label: s.verification_adjusted(LABEL, [1] * 4, label),
    "multiclass": lambda label: s.multiclass(np.eye(2)[LABEL], label),
}


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize("text", ["1", "ill"])
def test_text_is_no_label_even_where_it_reads_as_a_number(name: str, text: str) -> None:
    for label in ([0, 1, text, 1], np.array([0, 1, text, 1], dtype=object)):
        with pytest.raises(ValueError, match="label: must be numbers; first offending index 2"):
            LABELLED[name](label)


@pytest.mark.parametrize("name", LABELLED)
def test_a_single_value_is_no_vector_of_labels(name: str) -> None:
    with pytest.raises(ValueError, match="label: must be one-dimensional"):
        LABELLED[name](1)


def test_a_wrong_label_is_counted_among_all_cases_not_only_the_labelled_ones() -> None:
    known, label = [0, 1, 0, 1], [7, 1, 9, 2]
    for call in (
        lambda: s.verification_adjusted(LABEL, known, label),
        lambda: s.Histogram.from_cases(SCORE, label, EDGES, labelled=known),
        lambda: s.count_groups(LABEL, label, {"sex": [0] * 4}, {"sex": ["F"]}, labelled=known),
    ):
        with pytest.raises(ValueError, match="label: must be 0 or 1; first offending index 3"):
            call()


PLACES: list[tuple[str, Callable[[], Any], str]] = [
    ("score of text", lambda: s.auroc([0.1, "0.4"], [0, 1]), "score: must be numbers.*index 1"),
    ("single score", lambda: s.Histogram.from_cases(0.5, [1], EDGES), "score: must be one-dim"),
    ("count of text", lambda: s.proportion("3", 10), "events: must be a whole number"),
    ("events of text", lambda: s.RateExceedance(0.1).update("3", 10), "events: must be numbers"),
    ("level of text", lambda: s.auroc(SCORE, LABEL, level="95%"), "level: must lie strictly"),
    ("limit of text", lambda: s.RateExceedance("10%"), "limit: must lie strictly"),
    ("threshold", lambda: s.operating_point(SCORE, LABEL, None), "threshold: must be a number"),
    (
        "infinite feature",
        lambda: s.estimate_performance(
            SCORE, SCORE, LABEL, [0.5], "pape", [[1.0], [2.0], [math.inf], [3.0]], np.ones((4, 1))
        ),
        "features: must be finite, or NaN for missing; first offending index 2",
    ),
    ("days", lambda: s.change_point([1, 2, 1], [3, 3, 3], [1, 3, 2]), "days: must rise.*index 2"),
    ("no reference", lambda: s.decompose_shift([], [], [1.0], ["a"]), "reference: must hold"),
    ("no current", lambda: s.decompose_shift([1.0], ["a"], [], []), "current: must hold"),
    ("half", lambda: s.suppress([s.Count("all", "cases", 20.5)]), "table: counts must be whole"),
]


@pytest.mark.parametrize(
    ("call", "message"), [row[1:] for row in PLACES], ids=[r[0] for r in PLACES]
)
def test_what_is_wrong_is_named_where_it_stands(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_too_few_cases_for_a_density_ratio_give_no_estimate() -> None:
    found = s.estimate_performance(SCORE, SCORE, LABEL, [0.5], "pape", np.eye(4), np.eye(4))
    assert found.auroc.value is None
    assert found.points[0].sensitivity.value is None
    assert found.points[0].flag_rate.value == 0.25
    assert found.effective_reference == 0
