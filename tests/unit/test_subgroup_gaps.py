"""Subgroups: what is counted, what a gap amounts to, and how rarely parity is called a gap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_pipelines.statistics import (
    SubgroupCounts,
    count_groups,
    proportion,
    proportion_difference,
    shrunk_rates,
    subgroup_gaps,
)

NAMES = {"sex": ["F", "M"], "site": ["North", "South", "West"], "age": ["<40", "40+"]}


def people(seed, n):
    random = np.random.default_rng(seed)
    codes = {name: random.integers(0, len(values), n) for name, values in NAMES.items()}
    label = random.random(n) < 0.3
    flagged = np.where(label, random.random(n) < 0.8, random.random(n) < 0.15)
    return flagged, label, codes


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 200))
def test_counts_are_those_of_masks(seed, n):
    flagged, label, codes = people(seed, n)
    labelled = np.random.default_rng(seed + 1).random(n) < 0.8
    score = np.random.default_rng(seed + 2).random(n)
    table = count_groups(flagged, label, codes, NAMES, labelled, score)
    assert sum(row.n for row in table if row.shape == ("site",)) == n
    for row in table:
        mask = np.ones(n, dtype=bool)
        for part in row.subgroup.split("|") if row.shape else []:
            name, value = part.split("=")
            mask &= codes[name] == NAMES[name].index(value)
        known = mask & labelled
        assert (row.n, row.flagged) == (mask.sum(), (mask & flagged).sum())
        assert (row.tp, row.fp) == (
            (known & flagged & label).sum(),
            (known & flagged & ~label).sum(),
        )
        assert (row.fn, row.tn) == (
            (known & ~flagged & label).sum(),
            (known & ~flagged & ~label).sum(),
        )
        assert row.expected == pytest.approx(score[known].sum())


def test_rates_and_gaps_are_wilsons_and_newcombes():
    table = [
        SubgroupCounts("all", 300, 120, 80, 40, 20, 160, 95.0),
        SubgroupCounts("sex=F", 100, 30, 20, 10, 10, 60, 40.0),
    ]
    row = subgroup_gaps(table).rows[0]
    own, gap = proportion(20, 30), proportion_difference(20, 30, 60, 70)
    assert (row.sensitivity.rate.low, row.sensitivity.rate.high) == pytest.approx(
        (own.low, own.high)
    )
    assert (row.sensitivity.gap.value, row.sensitivity.gap.low, row.sensitivity.gap.high) == (
        pytest.approx((gap.value, gap.low, gap.high))
    )
    assert row.sensitivity.simultaneous_low < gap.low
    assert row.observed_expected.value == pytest.approx(30 / 40)


def test_a_large_gap_is_critical_and_a_small_one_within_the_margin():
    table = [
        SubgroupCounts("all", 30_000, 9_000, 7_500, 1_500, 2_500, 18_500),
        SubgroupCounts("sex=F", 15_000, 4_200, 3_300, 900, 1_700, 9_100),
        SubgroupCounts("sex=M", 15_000, 4_800, 4_200, 600, 800, 9_400),
        SubgroupCounts("site=North", 15_000, 4_500, 3_750, 750, 1_250, 9_250),
        SubgroupCounts("site=South", 15_000, 4_500, 3_750, 750, 1_250, 9_250),
    ]
    found = {row.subgroup: row for row in subgroup_gaps(table).rows}
    assert found["sex=F"].sensitivity.verdict == "critical"
    assert found["site=North"].sensitivity.verdict == "within margin"
    assert found["site=North"].sensitivity.gap.value == 0


def test_a_rate_without_cases_has_no_value_and_too_little_data():
    table = [
        SubgroupCounts("all", 50, 10, 6, 4, 4, 36),
        SubgroupCounts("sex=F", 20, 0, 0, 0, 0, 20),
    ]
    row = subgroup_gaps(table).rows[0]
    assert row.sensitivity.rate.value is None
    assert row.sensitivity.gap.value is None
    assert row.sensitivity.verdict == "insufficient data"


def test_two_sexes_are_one_comparison():
    flagged, label, codes = people(4, 2000)
    both = count_groups(flagged, label, {"sex": codes["sex"]}, {"sex": NAMES["sex"]})
    assert subgroup_gaps(both).comparisons == 4


@pytest.mark.parametrize("n", [15, 60, 500])
def test_exact_parity_is_called_critical_or_a_warning_in_few_audits(n):
    audits = 80
    alarmed = 0
    for seed in range(audits):
        report = subgroup_gaps(count_groups(*people(seed, n), NAMES), margin=0.0)
        verdicts = {
            gap.verdict
            for row in report.rows
            for gap in (row.flag_rate, row.sensitivity, row.specificity, row.ppv)
        }
        alarmed += not verdicts.isdisjoint({"critical", "warning"})
    assert alarmed / audits <= 0.05


def cells(seed, spread, k=24):
    random = np.random.default_rng(seed)
    n = np.exp(random.uniform(np.log(15), np.log(500), k)).astype(int)
    truth = 0.85 + spread * (random.permutation(k) / (k - 1) - 0.5)
    return random.binomial(n, truth), n, truth


def test_shrunk_rates_cover_and_do_not_exaggerate_how_far_cells_are_apart():
    inside, spreads, raw = [], [], []
    for seed in range(60):
        x, n, truth = cells(seed, 0.085)
        found = shrunk_rates(x, n, seed=seed)
        inside += [e.low <= t <= e.high for e, t in zip(found.rates, truth, strict=True)]
        spreads.append(found.spread.value)
        raw.append(np.ptp(x / n))
    assert 0.92 <= np.mean(inside) <= 0.98
    assert np.mean(raw) > 0.19
    assert np.mean(spreads) == pytest.approx(0.085, abs=0.035)


def test_the_range_of_rates_reaches_zero_only_where_the_cells_may_be_alike():
    alike = shrunk_rates([30, 31, 29, 30], [100] * 4).spread
    apart = shrunk_rates([10, 31, 29, 60], [100] * 4).spread
    assert alike.low == 0 < alike.value < alike.high
    assert 0.3 < apart.low < apart.value < apart.high < 0.65


def test_shrinking_leaves_large_cells_and_moves_small_ones():
    found = shrunk_rates([900_000, 0], [1_000_000, 5]).rates
    assert found[0].value == pytest.approx(0.9, abs=1e-4)
    assert 0 < found[1].value < 0.9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=8))
def test_shrunk_rates_are_bounded_or_none(counts):
    n = [a + b for a, b in counts]
    found = shrunk_rates([a for a, _ in counts], n)
    for size, each in zip(n, found.rates, strict=True):
        if size == 0:
            assert each.value is None
        else:
            assert 0 <= each.low <= each.value <= each.high <= 1


def test_bad_input_names_argument_rule_and_index():
    with pytest.raises(ValueError, match=r"codes\['sex'\].*index 1"):
        count_groups([0, 1], [0, 1], {"sex": [0, 2]}, {"sex": ["F", "M"]})
    with pytest.raises(ValueError, match=r"flagged.*index 1"):
        count_groups([0, 5], [0, 1], {"sex": [0, 1]}, {"sex": ["F", "M"]})
    with pytest.raises(ValueError, match="must hold the row 'all'"):
        subgroup_gaps([SubgroupCounts("sex=F", 1, 0, 0, 0, 0, 1)])
    whole = SubgroupCounts("all", 10, 2, 1, 1, 1, 7)
    with pytest.raises(ValueError, match=r"table.*exceeds all.*index 1"):
        subgroup_gaps([whole, SubgroupCounts("sex=F", 20, 2, 1, 1, 1, 7)])
    with pytest.raises(ValueError, match=r"table.*twice.*index 1"):
        subgroup_gaps([whole, whole])
    with pytest.raises(ValueError, match="margin"):
        subgroup_gaps([whole], margin=1.0)
    with pytest.raises(ValueError, match="sex=F: tp"):
        SubgroupCounts("sex=F", 10, 2, 3, 0, 0, 5)
    with pytest.raises(ValueError, match=r"events.*index 0"):
        shrunk_rates([3], [2])
