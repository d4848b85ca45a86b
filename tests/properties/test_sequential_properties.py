import math
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aiops_pipelines.statistics import (
    MeanShiftDetector,
    RateExceedance,
    ShiftDecomposition,
    ShiryaevRoberts,
    benjamini_hochberg,
    bernoulli_confidence_interval,
    betting_confidence_sequence,
    change_point,
    decompose_shift,
    e_bh,
)

DAY = st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
DAYS = st.lists(DAY, min_size=1, max_size=40)
RATE = st.floats(0.01, 0.99)


@given(DAYS, RATE)
@settings(deadline=None)
def test_replaying_days_is_updating_one_by_one(days: list[tuple[int, int]], limit: float) -> None:
    events, trials = zip(*days, strict=True)
    for start in (ShiryaevRoberts(limit), RateExceedance(limit)):
        state = start
        for event_count, trial_count in days:
            state = state.update(event_count, trial_count)
        assert start.replay(events, trials) == state


@given(DAYS, RATE)
@settings(deadline=None)
def test_one_more_event_never_lowers_the_evidence(
    days: list[tuple[int, int]], limit: float
) -> None:
    for start in (ShiryaevRoberts(limit), RateExceedance(limit)):
        state = start
        for event_count, trial_count in days:
            state = state.update(event_count, trial_count)
        with_event, without = state.update(1, 1), state.update(0, 1)
        assert with_event.log_e_value >= without.log_e_value


@given(st.integers(1, 60), RATE, st.floats(0.0, 1.0))
@settings(deadline=None)
def test_the_mean_e_value_never_exceeds_one_within_the_limit(
    trials: int, limit: float, fraction: float
) -> None:
    rate = limit * fraction
    chances = np.array(
        [math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(trials + 1)]
    )
    for start in (ShiryaevRoberts(limit), RateExceedance(limit)):
        evidence = [math.exp(start.update(k, trials).log_e_value) for k in range(trials + 1)]
        assert float(chances @ evidence) <= 1 + 1e-9


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.floats(0.01, 10), st.floats(-3, 3))
def test_a_metric_may_change_its_unit_and_its_sign(
    values: list[float], unit: float, limit: float
) -> None:
    above, below = MeanShiftDetector(limit), MeanShiftDetector(-limit * unit, "below")
    for value in values:
        above, below = above.update(value, 1.0), below.update(-value * unit, unit)
    assert below.log_statistic == pytest.approx(above.log_statistic, rel=1e-9, abs=1e-9)


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(0.001, 1)), min_size=2, max_size=6),
    st.floats(0.05, 5),
    st.floats(0, 2),
)
@settings(deadline=None)
def test_no_distribution_makes_the_mean_e_value_exceed_one_where_its_error_was_expected(
    atoms: list[tuple[float, float]], effect: float, beyond: float
) -> None:
    """A block of one case from atoms (value, weight), its mean at the limit or within it."""
    values, weights = np.array(atoms).T
    chances = weights / weights.sum()
    centred = values - chances @ values
    spread = math.sqrt(float(chances @ centred**2))
    assume(spread > 1e-6)
    start = MeanShiftDetector(beyond * spread, alternatives=(effect,))
    found = [
        start.update(value, abs(value - beyond * spread), expected_error=spread).log_statistic
        for value in centred.tolist()
    ]
    assert float(chances @ np.exp(found)) <= 1 + 1e-9


@given(DAY.filter(lambda day: day[1] > 0), st.floats(5, 5000))
@settings(deadline=None)
def test_the_interval_holds_the_rate_and_mirrors(day: tuple[int, int], optimised: float) -> None:
    events, trials = day
    low, high = bernoulli_confidence_interval(events, trials, 0.05, optimised)
    assert 0 <= low <= events / trials <= high <= 1
    mirrored = bernoulli_confidence_interval(trials - events, trials, 0.05, optimised)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-7)


@given(DAYS)
@settings(deadline=None, max_examples=30)
def test_betting_keeps_its_sequence_in_range(days: list[tuple[int, int]]) -> None:
    events, trials = zip(*days, strict=True)
    sequence = betting_confidence_sequence(events, trials)
    assert (sequence[:, 0] >= 0).all()
    assert (sequence[:, 0] <= sequence[:, 1]).all()
    assert (sequence[:, 1] <= 1).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.randoms(use_true_random=False))
def test_offline_discoveries_do_not_depend_on_order(p_values: list[float], random: Random) -> None:
    order = list(range(len(p_values)))
    random.shuffle(order)
    shuffled = np.array(p_values)[order]
    decided = benjamini_hochberg(p_values).rejected[order]
    assert decided.tolist() == benjamini_hochberg(shuffled).rejected.tolist()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_e_bh_never_calls_more_than_bh_would_on_one_over_e(e_values: list[float]) -> None:
    evidence = np.array(e_values)
    inverse = np.minimum(1 / np.maximum(evidence, 1e-300), 1)
    assert (e_bh(evidence).rejected <= benjamini_hochberg(inverse).rejected).all()


@given(DAYS)
def test_a_change_point_mirrors_when_events_and_non_events_swap(
    days: list[tuple[int, int]],
) -> None:
    events, trials = (np.array(column) for column in zip(*days, strict=True))
    found = change_point(events, trials, range(len(days)))
    swapped = change_point(trials - events, trials, range(len(days)))
    if found.log_bayes_factor is None:
        assert swapped.log_bayes_factor is None
        return
    assert swapped.log_bayes_factor == pytest.approx(found.log_bayes_factor, abs=1e-7)
    assert sum(found.probabilities) >= 0.95 - 1e-9


CASES = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from("abc"), st.booleans()), min_size=1, max_size=40
)


@given(CASES, CASES, st.booleans(), st.floats(-10, 10))
@settings(deadline=None)
def test_the_parts_add_up_to_the_drop_and_a_constant_moves_nothing(
    reference: list[tuple[float, str, bool]],
    current: list[tuple[float, str, bool]],
    labelled: bool,
    constant: float,
) -> None:
    columns = [list(zip(*period, strict=True)) for period in (reference, current)]
    losses = [np.array(column[0]) for column in columns]
    labels = [np.array(column[2]) for column in columns] if labelled else [None, None]

    def split(shift: float) -> ShiftDecomposition:
        return decompose_shift(
            losses[0] + shift,
            columns[0][1],
            losses[1] + shift,
            columns[1][1],
            labels[0],
            labels[1],
            replicates=0,
        )

    result, moved = split(0.0), split(constant)
    drop = losses[1].mean() - losses[0].mean()
    assert result.total.value == pytest.approx(drop, abs=1e-9)
    parts = (result.mix_shared, result.prevalence, result.concept, result.mix_new)
    if result.overlap > 0:
        known = [part.value for part in parts if part.value is not None]
        assert sum(known) == pytest.approx(drop, abs=1e-9)
    shares = [share.total for share in result.slices]
    assert sum(shares) == pytest.approx(drop, abs=1e-9)
    assert [share.total for share in moved.slices] == pytest.approx(shares, abs=1e-7)
