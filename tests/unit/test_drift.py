"""Drift of a feature: sizes, unit errors, what is missing or new, and calm where nothing moved."""

import numpy as np
import pytest

from aiops_pipelines.statistics import (
    FeatureCounts,
    categorical_bins,
    domain_classifier,
    drift,
    drift_series,
    numeric_bins,
)

DISTANCES = ("psi", "jensen_shannon", "ks", "wasserstein")


def _normal(seed: int, n: int, mean: float = 100.0, sd: float = 15.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, sd, n)


def _intervals(found) -> dict[str, tuple[float, float, float]]:
    estimates = {name: getattr(found, name) for name in DISTANCES}
    return {name: (e.low, e.value, e.high) for name, e in estimates.items() if e.value is not None}


@pytest.mark.parametrize("n", [50, 200, 1000])
def test_without_drift_the_intervals_reach_zero(n: int) -> None:
    reference = FeatureCounts.from_values(
        numeric_bins("age", _normal(0, 20_000)), _normal(0, 20_000)
    )
    days = [FeatureCounts.from_values(reference.bins, _normal(seed, n)) for seed in range(1, 101)]
    found = [_intervals(each) for each in drift_series(reference, days)]
    for name in DISTANCES:
        assert sum(each[name][0] <= 0 for each in found) >= 93, name


@pytest.mark.parametrize("n", [50, 1000])
def test_intervals_hold_the_distance_of_what_moved(n: int) -> None:
    before, now = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.3, 0.3, 0.22, 0.18])
    names = ["a", "b", "c", "d"]
    bins = categorical_bins("site", names)
    of = FeatureCounts.from_category_counts
    reference = of(bins, names, (10**6 * before).astype(int).tolist())
    drawn = np.random.default_rng(5).multinomial(n, now, 400).tolist()
    middle = (before + now) / 2
    halves = [side @ np.log2(side / middle) / 2 for side in (before, now)]
    truth = {
        "psi": (now - before) @ np.log(now / before),
        "jensen_shannon": np.sqrt(sum(halves)),
        "ks": np.abs(now - before).sum() / 2,
    }
    found = [
        _intervals(each) for each in drift_series(reference, [of(bins, names, d) for d in drawn])
    ]
    for name, value in truth.items():
        held = np.mean([each[name][0] <= value <= each[name][2] for each in found])
        assert 0.93 <= held <= 0.99, name


def test_psi_without_drift_is_zero_on_average() -> None:
    reference = FeatureCounts.from_values(
        numeric_bins("age", _normal(0, 20_000)), _normal(0, 20_000)
    )
    days = [FeatureCounts.from_values(reference.bins, _normal(seed, 300)) for seed in range(300)]
    values = [each.psi.value for each in drift_series(reference, days)]
    assert abs(float(np.mean(values))) < 0.005


def test_a_shift_is_found_with_an_interval_above_zero() -> None:
    found = _intervals(drift(_normal(0, 5000), _normal(1, 500, mean=115)))
    assert all(low > 0 for low, _, _ in found.values())
    assert found["wasserstein"][1] == pytest.approx(15, abs=2)


@pytest.mark.parametrize("factor", [0.0555, 0.1, 0.4536, 2.54, 18.018, 88.42, 1000.0])
def test_a_wrong_unit_shows_its_factor_and_its_full_distance(factor: float) -> None:
    reference = _normal(0, 20_000)
    found = drift(reference, _normal(1, 300) * factor)
    assert found.scale_factor == pytest.approx(factor, rel=0.1)
    assert found.wasserstein.value == pytest.approx(100 * abs(factor - 1), rel=0.1)


def test_no_scale_factor_where_values_have_both_signs() -> None:
    assert drift(_normal(0, 500, 0.0, 1.0), _normal(1, 500, 0.0, 1.0)).scale_factor is None


def test_a_constant_feature_that_moves_is_no_calm() -> None:
    found = drift(np.full(100, 5.0), np.full(100, 7.0))
    assert found.out_of_range_rate.value == 1.0
    assert found.ks.value == 1.0
    assert found.psi.low > 1
    assert found.wasserstein.value == pytest.approx(2, rel=0.1)
    assert found.scale_factor == pytest.approx(1.4, rel=0.1)


def test_a_constant_feature_that_stays_has_no_drift() -> None:
    found = drift(np.full(100, 5.0), np.full(30, 5.0))
    assert {name: values[1] for name, values in _intervals(found).items()} == dict.fromkeys(
        DISTANCES, 0.0
    )


@pytest.mark.parametrize("value", [5.0, "a"])
def test_constants_leave_room_for_what_so_few_cases_can_miss(value: float | str) -> None:
    few, many = (drift([value] * 2000, [value] * n) for n in (1, 1000))
    assert (few.psi.low, few.jensen_shannon.high, few.ks.high) == (0.0, 1.0, 1.0)
    assert few.psi.high > 5
    for each in (few, many):
        assert each.wasserstein.high is None
    assert 0.004 <= many.ks.high < 0.05
    assert 0.002 < many.psi.high < 0.05


def test_constants_apart_are_as_far_as_the_cases_that_say_so() -> None:
    one, many = (drift(np.full(2000, 5.0), np.full(n, 7.0)).wasserstein for n in (1, 1000))
    assert (one.low, one.high, many.high) == (0.0, None, None)
    assert 0.98 * many.value < many.low < many.value == pytest.approx(2, rel=0.1)


def test_values_beyond_the_reference_are_counted_on_both_sides_and_infinities_too() -> None:
    counts = FeatureCounts.from_values(
        numeric_bins("x", [1.0, 2.0, 3.0]), [0.5, 1.0, 3.0, 3.5, np.inf, -np.inf, np.nan]
    )
    assert (counts.outside, counts.missing, counts.n) == (4, 1, 6)


def test_missing_values_are_a_rate_with_its_difference_to_the_reference() -> None:
    reference = np.append(np.arange(90.0), np.full(10, np.nan))
    current = np.append(np.arange(50.0), np.full(50, np.nan))
    found = drift(reference, current)
    assert found.missing_rate.value == 0.5
    assert found.missing_difference.value == pytest.approx(0.4)
    assert found.missing_difference.low > 0


def test_a_known_category_is_never_new_however_rare() -> None:
    reference = [f"c{index}" for index in range(80)] * 2 + ["common"] * 500
    found = drift(reference, [f"c{index}" for index in range(80)], "categorical")
    assert found.new_category_rate.value == 0.0


def test_a_new_category_is_a_rate_and_missing_is_not_a_category() -> None:
    found = drift(["a"] * 50 + ["b"] * 50, ["a", "b", "c", None, "c"], "categorical")
    assert found.new_category_rate.value == pytest.approx(2 / 4)
    assert found.missing_rate.value == pytest.approx(1 / 5)
    assert found.wasserstein.value is None
    assert found.out_of_range_rate.value is None


def test_a_day_without_values_has_no_distance() -> None:
    found = drift(_normal(0, 100), np.full(20, np.nan))
    assert found.missing_rate.value == 1.0
    assert all(getattr(found, name).value is None for name in DISTANCES)


def test_a_series_gives_each_day_what_that_day_alone_gives() -> None:
    reference = FeatureCounts.from_values(numeric_bins("x", _normal(0, 999)), _normal(0, 999))
    values = [_normal(1, 40), np.full(5, np.nan), _normal(2, 70, mean=130)]
    days = [FeatureCounts.from_values(reference.bins, each) for each in values]
    for together, day in zip(drift_series(reference, days), days, strict=True):
        alone = drift(reference, day)
        assert together.missing_rate == alone.missing_rate
        assert _intervals(together).keys() == _intervals(alone).keys()
        for name, values in _intervals(together).items():
            assert values == pytest.approx(_intervals(alone)[name], abs=1e-9)


def test_other_bins_are_refused() -> None:
    reference = FeatureCounts.from_values(numeric_bins("x", [1.0, 2.0]), [1.0, 2.0])
    other = FeatureCounts.from_values(numeric_bins("x", [1.0, 3.0]), [1.0])
    with pytest.raises(ValueError, match="other bins than the reference's"):
        drift(reference, other)
    with pytest.raises(ValueError, match="different bins"):
        reference + other


def test_bad_features_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"reference: .*finite; first offending index 1"):
        numeric_bins("x", [1.0, np.inf])
    with pytest.raises(ValueError, match="reference: x has no value"):
        numeric_bins("x", [np.nan])
    with pytest.raises(ValueError, match="values: x must be numbers"):
        FeatureCounts.from_values(numeric_bins("x", [1.0]), ["high"])


def test_numbers_as_pandas_gives_them_are_counted() -> None:
    bins = numeric_bins("x", [1.0, 2.0, 3.0])
    assert FeatureCounts.from_values(bins, np.array([1, None, 3], dtype=object)).missing == 1
    assert FeatureCounts.from_values(bins, [1, 2, 3]).n == 3


def test_categories_keep_one_bin_however_they_are_typed() -> None:
    bins = categorical_bins("ward", ["1", "2"])
    assert FeatureCounts.from_values(bins, np.array([1, "1", 2], dtype=object)).outside == 0


def test_the_domain_classifier_sees_a_joint_change_that_no_feature_shows() -> None:
    random = np.random.default_rng(0)
    apart = random.normal(size=(300, 2))
    first = random.normal(size=300)
    together = np.column_stack([first, 0.95 * first + 0.3 * random.normal(size=300)])
    assert domain_classifier(apart, random.normal(size=(300, 2))).low < 0.5
    assert domain_classifier(apart, together).low > 0.6


@pytest.mark.parametrize(
    "reference",
    [
        np.random.default_rng(1).normal(size=500),
        np.random.default_rng(1).lognormal(3, 2, 500),
        np.repeat([0.0, 1.0], 50),
        np.full(20, 7.0),
        np.array([-1e200, 0.0, 1e200]),
    ],
    ids=["normal", "skewed", "two values", "one value", "widest"],
)
def test_groups_counted_in_one_pass_are_the_bins_by_definition(reference):
    bins = numeric_bins("x", reference)
    draw = np.random.default_rng(2)
    odd = [np.nan, np.inf, -np.inf, *bins.edges, *np.nextafter(bins.edges, -np.inf)]
    values = np.concatenate([draw.choice(reference, 300), 10 * draw.normal(size=300), odd])
    group = draw.integers(0, 3, len(values))
    for code, found in enumerate(FeatureCounts.of_groups(bins, values, group, 3)):
        own = values[group == code]
        known = own[~np.isnan(own)]
        place = np.searchsorted(bins.edges, known, "right")
        assert np.array_equal(found.counts, np.bincount(place, minlength=bins.bins))
        assert found.missing == np.isnan(own).sum()
        assert found.outside == np.sum((known < bins.low) | (known > bins.high))


@pytest.mark.parametrize(
    ("values", "group", "message"),
    [
        ([0.1, 0.2], [0, 2], "group: must be a code 0 to 1; first offending index 1"),
        ([0.1, 0.2], [0], "shapes differ: values has 2, group has 1"),
        (["a", "b"], [0, 1], "values: x must be numbers or missing"),
    ],
)
def test_groups_that_cannot_be_counted_are_named(values, group, message):
    with pytest.raises(ValueError, match=message):
        FeatureCounts.of_groups(numeric_bins("x", [0.0, 1.0]), values, group, 2)


def test_a_ratio_of_medians_beyond_a_float_is_no_ratio() -> None:
    assert drift([5e-324, 5e-324, 1.0], [1.0]).scale_factor is None
