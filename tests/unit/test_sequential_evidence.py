import json
import math
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from aiops_pipelines.statistics import (
    BernoulliCusum,
    MeanShiftDetector,
    RateExceedance,
    ShiryaevRoberts,
    bernoulli_confidence_interval,
    betting_confidence_sequence,
    betting_log_capital,
    shiryaev_roberts_paths,
)
from aiops_pipelines.statistics.boundaries import BetaBinomialMixture
from aiops_pipelines.statistics.mean_shift import implied_freedom

START = date(2025, 1, 1)


def days_of(rate: float, days: int, seed: int, cases: int = 8) -> list[int]:
    return np.random.default_rng(seed).binomial(cases, rate, days).tolist()


def test_a_rate_that_stays_good_raises_no_alarm_in_a_year() -> None:
    alarmed = [
        ShiryaevRoberts(0.10).replay(days_of(0.07, 365, seed), [8] * 365).first_alarm is not None
        for seed in range(20)
    ]
    assert not any(alarmed)


def test_a_doubled_rate_is_found_within_weeks_and_dated() -> None:
    events = days_of(0.07, 100, 1) + days_of(0.20, 60, 2)
    dates = [START + timedelta(day) for day in range(160)]
    state = ShiryaevRoberts(0.10).replay(events, [8] * 160, dates)
    assert state.first_alarm is not None
    assert 100 < state.first_alarm <= 140
    assert state.first_alarm_on == dates[state.first_alarm - 1]
    assert state.alarm


def test_an_alarm_on_a_floor_mirrors_an_alarm_on_a_ceiling() -> None:
    events = days_of(0.15, 60, 3)
    ceiling = ShiryaevRoberts(0.10).replay(events, [8] * 60)
    floor = ShiryaevRoberts(0.90, "below").replay([8 - count for count in events], [8] * 60)
    assert floor.log_statistic == pytest.approx(ceiling.log_statistic, rel=1e-9)
    assert floor.first_alarm == ceiling.first_alarm


def test_the_first_alarm_stays_when_the_rate_recovers() -> None:
    events = days_of(0.40, 30, 4) + [0] * 200
    state = ShiryaevRoberts(0.10).replay(events, [8] * 230)
    assert state.first_alarm is not None
    assert not state.alarm
    assert state.restarted().first_alarm is None


def test_days_without_cases_are_neither_evidence_nor_innocence() -> None:
    before = ShiryaevRoberts(0.10).replay(days_of(0.15, 30, 5), [8] * 30)
    after = before.replay([0] * 5000, [0] * 5000)
    assert after.log_statistic == before.log_statistic
    assert after.e_value == before.e_value
    assert (after.updates, after.updates_with_evidence) == (5030, 30)
    assert ShiryaevRoberts(0.10).update(0, 0).statistic == 0


def test_the_statistic_is_the_textbook_recursion() -> None:
    state, expected = ShiryaevRoberts(0.10, alternatives=(2.0,)), 0.0
    alternative = 2 * 0.1 / (0.9 + 2 * 0.1)
    for events, trials in [(1, 8), (0, 5), (3, 9)]:
        ratio = (alternative / 0.1) ** events * ((1 - alternative) / 0.9) ** (trials - events)
        expected = (1 + expected) * ratio
        state = state.update(events, trials)
    assert state.statistic == pytest.approx(expected, rel=1e-12)


def test_many_streams_at_once_are_each_stream_alone() -> None:
    events = np.random.default_rng(6).binomial(8, 0.12, (40, 3))
    trials = np.full((40, 3), 8)
    trials[5:9, 1] = events[5:9, 1] = 0
    paths = shiryaev_roberts_paths(events, trials, [0.05, 0.10, 0.20])
    for stream, limit in enumerate([0.05, 0.10, 0.20]):
        alone = ShiryaevRoberts(limit).replay(events[:, stream], trials[:, stream])
        assert paths[-1, stream] == pytest.approx(alone.log_statistic, rel=1e-12)


def test_a_week_of_lower_auroc_is_noise_and_a_season_is_an_alarm() -> None:
    detector = MeanShiftDetector(0.85, "below")
    one_bad_week = detector.update(0.79, 0.03)
    assert not one_bad_week.alarm
    season = detector
    for _ in range(13):
        season = season.update(0.79, 0.03)
    assert season.alarm
    better = detector
    for _ in range(520):
        better = better.update(0.88, 0.03)
    assert better.first_alarm is None


def test_a_block_without_precision_is_counted_but_says_nothing() -> None:
    before = MeanShiftDetector(1.0).update(1.2, 0.1)
    for estimate, error in [(None, None), (1.5, None), (1.5, 0.0)]:
        after = before.update(estimate, error)
        assert after.log_statistic == before.log_statistic
        assert (after.updates, after.updates_with_evidence) == (2, 1)


def test_a_small_block_counts_for_its_tail_probability() -> None:
    """The .975 quantiles of t with 10 degrees of freedom and of the normal, from tables."""
    small = MeanShiftDetector(0.0).update(2.228138852, 1.0, degrees_of_freedom=10)
    large = MeanShiftDetector(0.0).update(1.959963985, 1.0)
    assert small.log_statistic == pytest.approx(large.log_statistic, abs=1e-7)
    extreme = MeanShiftDetector(0.0).update(-1e9, 1.0, degrees_of_freedom=50)
    assert math.isfinite(extreme.log_statistic)


def test_an_interval_tells_how_well_its_standard_error_is_known() -> None:
    """2.228 standard errors at 95% are Student's with 10 degrees of freedom, 12.71 with one."""
    assert implied_freedom(0.2 * 2.228138852, 0.2) == pytest.approx(10, rel=1e-6)
    assert implied_freedom(12.7062047, 1.0) == pytest.approx(1, rel=1e-6)
    assert implied_freedom(1.9, 1.0) == math.inf
    assert implied_freedom(1e300, 1.0) == 0.1


def test_a_block_that_looks_surer_than_earlier_cases_gains_nothing_by_it() -> None:
    detector = MeanShiftDetector(1.0)
    sure, usual = (detector.update(1.3, own, expected_error=0.1) for own in (1e-6, 0.1))
    studentised = detector.update(1.3, 0.03)
    assert usual.log_statistic < sure.log_statistic < studentised.log_statistic
    wider = [detector.update(1.3, own, expected_error=0.1) for own in (0.12, 0.2, 0.5)]
    assert [each.log_statistic for each in wider] == sorted(
        (each.log_statistic for each in wider), reverse=True
    )
    assert wider[0].log_statistic < usual.log_statistic


def test_proof_depends_on_totals_not_on_the_order_of_cases() -> None:
    daily = RateExceedance(0.10).replay([3, 0, 2], [8, 8, 8])
    at_once = RateExceedance(0.10).update(5, 24)
    assert daily.log_e_value == pytest.approx(at_once.log_e_value, rel=1e-12)


def test_a_proof_once_made_stays_made() -> None:
    dates = [START + timedelta(day) for day in range(400)]
    state = RateExceedance(0.10).replay([4] * 20 + [0] * 380, [8] * 400, dates)
    assert state.proven
    assert state.proven_at is not None
    assert state.proven_on == dates[state.proven_at - 1]
    assert state.e_value < 1
    assert state.p_value <= 0.05


def test_a_rate_within_the_limit_proves_nothing() -> None:
    state = RateExceedance(0.10).replay(days_of(0.07, 365, 7), [8] * 365)
    assert not state.proven
    low, high = state.confidence_sequence()
    assert low < 0.07 < high


def test_before_the_first_case_nothing_is_known() -> None:
    state = RateExceedance(0.10)
    assert state.log_e_value == 0
    assert state.p_value == 1
    assert state.confidence_sequence() == (0.0, 1.0)


@pytest.mark.parametrize(
    ("rate", "events", "trials", "expected"),
    [
        (0.1, 900, 100_000, -8.294423043138462),
        (0.1, 0, 100_000, -8.38871503244571),
        (0.001, 10, 10_000_000, -10.113439852087518),
        (0.5, 10, 5_000, -6.564011320312281),
        (0.1, 3, 10, 0.5426139547108662),
        (0.1, 30, 200, 1.7854445325196195),
    ],
)
def test_the_mixture_is_its_integral(
    rate: float, events: int, trials: int, expected: float
) -> None:
    """Expected: adaptive quadrature of the likelihood ratio over the truncated beta prior."""
    mixture = BetaBinomialMixture.tuned(rate, 500, one_sided=True)
    found = mixture.log_e_values(np.array([events]), np.array([trials]))
    assert found[0] == pytest.approx(expected, abs=1e-8)


def test_the_mean_e_value_at_the_limit_is_one() -> None:
    counts = np.arange(41)
    chances = np.array([math.comb(40, k) * 0.1**k * 0.9 ** (40 - k) for k in counts])
    evidence = [math.exp(RateExceedance(0.10).update(int(k), 40).log_e_value) for k in counts]
    assert float(chances @ evidence) == pytest.approx(1.0, abs=1e-9)
    below = np.array([math.comb(40, k) * 0.06**k * 0.94 ** (40 - k) for k in counts])
    assert float(below @ evidence) < 1


def test_intervals_of_extreme_counts_are_bounded() -> None:
    for trials in (1, 2, 3, 50, 10**6):
        for events in {0, 1, trials - 1, trials}:
            low, high = bernoulli_confidence_interval(events, trials, 0.05, 100)
            assert 0 <= low <= events / trials <= high <= 1


def test_betting_on_days_keeps_the_whole_range_until_there_are_cases() -> None:
    assert betting_confidence_sequence([0, 0], [0, 0]).tolist() == [[0, 1], [0, 1]]
    assert betting_log_capital([], [], 0.1).shape == (0,)


def test_the_cusum_waits_about_its_run_length_and_finds_a_doubling_fast() -> None:
    cusum = BernoulliCusum.for_run_length(0.07, 0.14, trials_a_day=8, average_run_length=365)
    rng = np.random.default_rng(8)
    waits = []
    for _ in range(60):
        state, day = cusum, 0
        counts = rng.binomial(8, 0.07, 4000).tolist()
        while not state.warning and day < 4000:
            state, day = state.update(counts[day], 8), day + 1
        waits.append(day)
    assert 240 < np.mean(waits) < 500
    shifted = cusum
    for count in rng.binomial(8, 0.14, 120).tolist():
        shifted = shifted.update(count, 8)
    assert shifted.first_warning is not None
    assert shifted.first_warning < 60


def test_a_cusum_for_a_falling_rate_mirrors_one_for_a_rising_rate() -> None:
    rising = BernoulliCusum(0.10, 0.20, 3.0).update(3, 8).update(2, 8)
    falling = BernoulliCusum(0.90, 0.80, 3.0).update(5, 8).update(6, 8)
    assert falling.statistic == pytest.approx(rising.statistic, rel=1e-12)


@pytest.mark.parametrize(
    "state",
    [
        ShiryaevRoberts(0.10),
        ShiryaevRoberts(0.90, "below").replay([1] * 30, [8] * 30, [START] * 30),
        MeanShiftDetector(0.85, "below").update(0.5, 0.02, START),
        RateExceedance(0.10).replay([8] * 30, [8] * 30, [START] * 30),
        BernoulliCusum(0.1, 0.2, 0.5).update(3, 8, START),
    ],
)
def test_every_state_survives_json(state: ShiryaevRoberts) -> None:
    text = json.dumps(state.to_dict(), allow_nan=False)
    assert type(state).from_dict(json.loads(text)) == state


STORED = [
    ShiryaevRoberts(0.10).update(3, 8),
    MeanShiftDetector(0.85).update(0.9, 0.02),
    RateExceedance(0.10).update(3, 8),
    BernoulliCusum(0.1, 0.2, 0.5).update(3, 8),
]


@pytest.mark.parametrize("state", STORED)
def test_a_stored_state_that_lacks_something_is_no_state_without_evidence(
    state: ShiryaevRoberts,
) -> None:
    held = state.to_dict()
    for name in held:
        with pytest.raises(ValueError, match=f"state: must hold.*{name}"):
            type(state).from_dict({key: each for key, each in held.items() if key != name})
    with pytest.raises(ValueError, match=r"state: must hold.*'verdict'"):
        type(state).from_dict(held | {"verdict": "ok"})


@pytest.mark.parametrize(
    ("state", "wrong"),
    [
        (STORED[0], {"log_statistics": [0.5]}),
        (STORED[0], {"log_statistics": []}),
        (STORED[0], {"log_statistics": [math.nan] * 16}),
        (STORED[1], {"updates_with_evidence": 2}),
        (STORED[2], {"events": 9}),
        (STORED[2], {"peak_log_e_value": math.nan}),
        (STORED[3], {"statistic": -1.0}),
        (STORED[3], {"updates": 0.5}),
    ],
)
def test_a_stored_state_that_contradicts_itself_is_refused_by_field(
    state: ShiryaevRoberts, wrong: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        type(state).from_dict(state.to_dict() | wrong)


def test_ten_years_of_disaster_do_not_overflow() -> None:
    state = ShiryaevRoberts(0.10)
    proof = RateExceedance(0.10)
    for _ in range(100):
        state, proof = state.update(1000, 1000), proof.update(1000, 1000)
    assert math.isfinite(state.log_statistic)
    assert state.statistic == math.inf
    assert math.isfinite(proof.log_e_value)
    json.dumps(state.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ShiryaevRoberts(0.0), "limit"),
        (lambda: ShiryaevRoberts(0.1, "up"), "direction"),
        (lambda: ShiryaevRoberts(0.1, average_run_length=0), "average_run_length"),
        (lambda: ShiryaevRoberts(0.1, alternatives=(0.9,)), "alternatives"),
        (lambda: ShiryaevRoberts(0.1).update(3, 2), "events: must not exceed trials"),
        (lambda: ShiryaevRoberts(0.1).replay([1, 2.5], [3, 3]), "whole number.*index 1"),
        (lambda: ShiryaevRoberts(0.1).replay([1, -2], [3, 3]), "events.*negative.*index 1"),
        (lambda: ShiryaevRoberts(0.1).replay([1], [3, 3]), "shapes differ"),
        (lambda: ShiryaevRoberts(0.1).replay([1], [3], []), "dates"),
        (lambda: shiryaev_roberts_paths([1], [3], 0.1), "days x streams"),
        (lambda: MeanShiftDetector(math.nan), "limit"),
        (lambda: MeanShiftDetector(0.8).update(math.nan, 0.1), "estimate"),
        (lambda: MeanShiftDetector(0.8).update(0.7, -0.1), "standard_error"),
        (lambda: MeanShiftDetector(0.8).update(0.7, 0.1, None, 0), "degrees_of_freedom"),
        (lambda: MeanShiftDetector(0.8).update(0.7, 0.1, expected_error=-1), "expected_error"),
        (lambda: RateExceedance(1.0), "limit"),
        (lambda: RateExceedance(0.1, level=1.0), "level"),
        (lambda: RateExceedance(0.1).update(2, 1), "events"),
        (lambda: BernoulliCusum(0.1, 0.1, 1.0), "shifted"),
        (lambda: betting_log_capital([1], [2], 1.5), "mean"),
    ],
)
def test_bad_input_is_refused_by_name(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
