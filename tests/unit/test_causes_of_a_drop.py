import math
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from aiops_pipelines.statistics import (
    ShiftCells,
    change_point,
    decompose_shift,
    decompose_shift_cells,
    sample_size,
)


def test_a_clear_change_is_dated() -> None:
    rng = np.random.default_rng(1)
    events = np.concatenate([rng.binomial(8, 0.07, 100), rng.binomial(8, 0.40, 100)])
    days = [date(2025, 1, 1) + timedelta(day) for day in range(200)]
    found = change_point(events, [8] * 200, days)
    assert found.day is not None
    assert abs((found.day - days[100]).days) <= 2
    assert days[100] in found.credible_days
    assert found.bayes_factor is not None
    assert found.bayes_factor > 1e6
    assert found.before.value is not None
    assert found.after.value is not None
    assert found.before.value < 0.12 < 0.3 < found.after.value


def test_no_change_gives_no_date() -> None:
    events = np.random.default_rng(2).binomial(8, 0.07, 200)
    found = change_point(events, [8] * 200, range(200))
    assert found.day is None
    assert found.bayes_factor is not None
    assert found.bayes_factor < 1
    assert len(found.credible_days) > 50


def test_two_days_are_a_ratio_of_beta_functions() -> None:
    found = change_point([0, 1], [1, 1], ["a", "b"])
    assert found.bayes_factor == pytest.approx((0.5 * 0.5) / (1 / 8))
    assert found.credible_days == ("b",)


def test_days_without_cases_cannot_be_told_apart() -> None:
    found = change_point([0, 0, 0, 30], [30, 0, 0, 30], [1, 2, 3, 4])
    assert found.credible_days == (2, 3, 4)
    assert found.probabilities == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(("events", "trials"), [([], []), ([3], [8]), ([0, 3, 0], [0, 8, 0])])
def test_one_day_with_cases_says_nothing_of_change(events: list[int], trials: list[int]) -> None:
    found = change_point(events, trials, range(len(events)))
    assert found.bayes_factor is None
    assert found.day is None
    assert found.credible_days == ()
    assert found.before.value is None


def test_the_95_percent_set_holds_the_change_95_percent_of_the_time() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        before, after = rng.beta(0.5, 0.5, 2)
        start = int(rng.integers(1, 40))
        rates = np.where(np.arange(40) < start, before, after)
        found = change_point(rng.binomial(8, rates), [8] * 40, range(40))
        held += start in found.credible_days
    assert held / 200 >= 0.92


def test_a_pure_mix_shift_is_nothing_else() -> None:
    loss = {"easy": 0.1, "hard": 0.4}
    reference = ["easy"] * 80 + ["hard"] * 20
    current = ["easy"] * 20 + ["hard"] * 80
    result = decompose_shift(
        [loss[name] for name in reference], reference, [loss[name] for name in current], current
    )
    assert result.total.value == pytest.approx(0.18)
    assert result.prevalence.value is None
    assert result.concept.value == pytest.approx(0)
    assert (result.mix_shared.value or 0) + (result.mix_new.value or 0) == pytest.approx(0.18)
    assert sum(share.mix for share in result.slices) == pytest.approx(0.18)


def test_a_pure_prevalence_shift_is_nothing_else() -> None:
    reference = np.repeat([0, 1], [90, 10])
    current = np.repeat([0, 1], [70, 30])
    result = decompose_shift(
        reference * 0.5, ["all"] * 100, current * 0.5, ["all"] * 100, reference, current
    )
    assert result.total.value == pytest.approx(0.1)
    assert result.prevalence.value == pytest.approx(0.1)
    assert result.concept.value == pytest.approx(0)


def test_a_broken_scanner_is_named_and_the_others_are_not() -> None:
    rng = np.random.default_rng(4)
    scanners = rng.choice(["A", "B", "C"], 6000)
    label = rng.random(6000) < 0.2
    loss = 0.1 + 0.2 * label
    worse = loss + 0.15 * (scanners == "B")
    result = decompose_shift(loss, scanners, worse, scanners, label, label)
    share = {slice_.name: slice_.share for slice_ in result.slices}
    assert share["B"] == pytest.approx(1)
    assert result.concept.value == pytest.approx(result.total.value)
    assert result.concept.low is not None
    assert result.concept.low > 0


def test_periods_without_a_common_slice_cannot_be_split() -> None:
    result = decompose_shift([0.1, 0.2], ["old", "old"], [0.4, 0.5], ["new", "new"])
    assert result.total.value == pytest.approx(0.3)
    assert result.concept.value is None
    assert result.concept.low is None
    assert result.overlap == 0
    assert sum(share.total for share in result.slices) == pytest.approx(0.3)


def test_sums_of_days_decompose_like_their_cases() -> None:
    rng = np.random.default_rng(5)
    loss, slices = rng.random(400), rng.choice(["A", "B"], 400)
    first = ShiftCells.from_cases(loss[:100], slices[:100], loss[200:300], slices[200:300])
    second = ShiftCells.from_cases(loss[100:200], slices[100:200], loss[300:], slices[300:])
    summed = ShiftCells(
        first.slices,
        first.count + second.count,
        first.total + second.total,
        first.square + second.square,
    )
    whole = decompose_shift(loss[:200], slices[:200], loss[200:], slices[200:])
    assert decompose_shift_cells(summed).total.value == pytest.approx(whole.total.value)


@pytest.mark.parametrize(
    ("half_width", "positives"), [(0.10, 37), (0.05, 141), (0.03, 388), (0.02, 868)]
)
def test_a_sensitivity_of_90_percent_needs_the_positives_of_the_methods(
    half_width: float, positives: int
) -> None:
    assert sample_size(0.9, half_width).needed == positives


def test_the_size_is_the_smallest_whose_wilson_interval_is_narrow_enough() -> None:
    z = 1.959963984540054

    def half_width(n: int, rate: float) -> float:
        return z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))

    for rate in (0.0, 0.03, 0.5, 0.9, 1.0):
        for wanted in (0.3, 0.1, 0.04, 0.01):
            needed = sample_size(rate, wanted).needed
            assert half_width(needed, rate) <= wanted * (1 + 1e-9)
            assert needed == 1 or half_width(needed - 1, rate) > wanted


def test_days_follow_from_the_volume_and_what_is_at_hand() -> None:
    size = sample_size(0.9, 0.05, share=0.08, present=40, cases_a_day=100)
    assert (size.missing, size.days, size.cases) == (101, 13, 1763)
    assert sample_size(0.9, 0.05, present=200).days == 0
    assert sample_size(0.9, 0.05).days is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: change_point([1, 2], [3, 3], [1]), "days"),
        (lambda: change_point([4], [3], [1]), "events"),
        (lambda: sample_size(1.2, 0.1), "expected"),
        (lambda: sample_size(0.9, 0.0), "half_width"),
        (lambda: sample_size(0.9, 0.1, share=0.0), "share"),
        (lambda: sample_size(0.9, 0.1, present=-1), "present"),
        (lambda: decompose_shift([0.1, math.nan], ["a", "a"], [0.1], ["a"]), "reference.*index 1"),
        (lambda: decompose_shift([0.1], ["a", "b"], [0.1], ["a"]), "shapes differ"),
        (lambda: decompose_shift([], [], [0.1], ["a"]), "reference: must hold at least one case"),
        (lambda: decompose_shift([0.1], ["a"], [0.1], ["a"], [1]), "both periods"),
        (lambda: decompose_shift([0.1], ["a"], [0.1], ["a"], [2], [1]), "reference_label"),
    ],
)
def test_bad_input_to_a_diagnosis_is_refused_by_name(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()
