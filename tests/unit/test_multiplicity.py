from collections.abc import Callable

import numpy as np
import pytest

from aiops_pipelines.statistics import Discoveries, benjamini_hochberg, e_bh, lord, saffron


def test_benjamini_hochberg_steps_up() -> None:
    decided = benjamini_hochberg([0.001, 0.30, 0.021, 0.034, 0.90], 0.05)
    assert decided.rejected.tolist() == [True, False, False, False, False]
    stepped = benjamini_hochberg([0.03, 0.04, 0.01, 0.05], 0.05)
    assert stepped.rejected.all()
    assert stepped.levels.tolist() == [0.05] * 4


def test_e_bh_wants_more_evidence_the_more_streams_there_are() -> None:
    assert e_bh([20.0], 0.05).rejected.all()
    assert not e_bh([20.0, 1.0], 0.05).rejected.any()
    assert e_bh([40.0, 1.0], 0.05).rejected.tolist() == [True, False]
    assert e_bh([20.0, 20.0], 0.05).rejected.all()


def test_infinite_evidence_is_a_discovery_and_none_is_not() -> None:
    assert e_bh([np.inf, 0.0, 1e-320], 0.05).rejected.tolist() == [True, False, False]


@pytest.mark.parametrize("procedure", [e_bh, benjamini_hochberg, lord, saffron])
def test_no_tests_give_no_discoveries(procedure: Callable[[list[float]], Discoveries]) -> None:
    decided = procedure([])
    assert len(decided.rejected) == len(decided.levels) == 0


@pytest.mark.parametrize("procedure", [lord, saffron])
def test_an_online_level_does_not_look_ahead(
    procedure: Callable[[list[float]], Discoveries],
) -> None:
    p_values = [0.3, 1e-6, 0.02, 0.8, 1e-4, 0.5]
    whole = procedure(p_values)
    for seen in range(1, len(p_values)):
        part = procedure(p_values[:seen])
        assert part.levels.tolist() == whole.levels[:seen].tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: e_bh([1.0, float("nan")]), "e_values.*index 1"),
        (lambda: e_bh([1.0, -1.0]), "e_values.*index 1"),
        (lambda: e_bh([[1.0]]), "one-dimensional"),
        (lambda: benjamini_hochberg([0.5, 1.5]), "p_values.*index 1"),
        (lambda: lord([0.5], level=0), "level"),
        (lambda: saffron([float("nan")]), "p_values.*index 0"),
    ],
)
def test_bad_evidence_is_refused_by_name(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
