"""An attacker with a solver of its own, who knows every count shown and why the others are not."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from aiops_pipelines.statistics import Count, suppress

MINIMUM, WIDTH = 11, 5


def tabulate(columns, outcome, pairs=True):
    """Return all counts of cases and positives, and a mask over people for each."""
    everybody = np.ones(len(outcome), dtype=bool)
    masks = {"all": everybody}
    for name, values in columns.items():
        for value in np.unique(values):
            masks[f"{name}={value}"] = values == value
    if pairs:
        for a, b in itertools.combinations(columns, 2):
            for i, j in itertools.product(np.unique(columns[a]), np.unique(columns[b])):
                masks[f"{a}={i}|{b}={j}"] = (columns[a] == i) & (columns[b] == j)
    found = {}
    for stratum, mask in masks.items():
        found[stratum, "cases"] = mask
        found[stratum, "positives"] = mask & outcome
    return [Count(*cell, int(mask.sum())) for cell, mask in found.items()], found


def kinds(columns, outcome, masks):
    """Return membership (cells, kinds): a kind is a combination of values and outcome."""
    sizes = [np.unique(values) for values in columns.values()]
    rows = {cell: [] for cell in masks}
    for *values, positive in itertools.product(*sizes, (False, True)):
        person = dict(zip(columns, values, strict=True))
        for (stratum, measure), row in rows.items():
            wanted = [] if stratum == "all" else [p.split("=") for p in stratum.split("|")]
            inside = all(str(person[name]) == value for name, value in wanted)
            row.append(float(inside and (measure == "cases" or positive)))
    return {cell: np.array(row) for cell, row in rows.items()}


def worked_out(result, rows, target):
    """Return the least and greatest whole count of `target` that fits all that is shown."""
    matrix, low, high = [], [], []
    for shown in result.counts:
        matrix.append(rows[shown.stratum, shown.measure])
        if shown.count is not None:
            bounds = shown.count, shown.count
        elif shown.reason == "too few":
            bounds = 0, MINIMUM - 1
        else:
            bounds = MINIMUM, np.inf
        low.append(bounds[0])
        high.append(bounds[1])
    ends = []
    for sign in (1, -1):
        found = milp(
            sign * target,
            integrality=np.ones(len(target)),
            bounds=Bounds(0, 10_000),
            constraints=LinearConstraint(np.array(matrix), low, high),
        )
        assert found.x is not None, found.message
        ends.append(round(float(target @ found.x)))
    return ends


@st.composite
def people(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    n = draw(st.integers(1, 400))
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    prevalence = draw(st.sampled_from([0.02, 0.2, 0.5, 0.97]))
    random = np.random.default_rng(seed)
    columns = {
        f"d{i}": random.choice(size, n, p=random.dirichlet(np.full(size, 0.7)))
        for i, size in enumerate(sizes)
    }
    return columns, random.random(n) < prevalence


@settings(max_examples=25, deadline=None)
@given(people())
def test_an_attacker_who_solves_all_margins_cannot_narrow_a_small_count(case):
    columns, outcome = case
    table, masks = tabulate(columns, outcome)
    result = suppress(table, MINIMUM, width=WIDTH)
    rows = kinds(columns, outcome, masks)
    assert not result.exposed
    for shown, count in zip(result.counts, table, strict=True):
        assert shown.count in (None, count.count)
        if count.count < MINIMUM:
            assert shown.count is None
            low, high = worked_out(result, rows, rows[count.stratum, count.measure])
            assert low <= count.count <= high
            assert high - low >= WIDTH, (count, low, high)


@settings(max_examples=25, deadline=None)
@given(people())
def test_few_negatives_cannot_be_had_by_subtracting_positives_from_cases(case):
    columns, outcome = case
    table, masks = tabulate(columns, outcome)
    result = suppress(table, MINIMUM, width=WIDTH)
    rows = kinds(columns, outcome, masks)
    for stratum in {count.stratum for count in table}:
        negatives = int((masks[stratum, "cases"] & ~masks[stratum, "positives"]).sum())
        if negatives < MINIMUM:
            target = rows[stratum, "cases"] - rows[stratum, "positives"]
            low, high = worked_out(result, rows, target)
            assert high - low >= WIDTH, (stratum, negatives, low, high)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 16), min_size=4, max_size=4))
def test_enumerating_every_table_finds_two_that_differ_where_a_small_count_is_hidden(cells):
    names = ["a=0|b=0", "a=0|b=1", "a=1|b=0", "a=1|b=1"]
    grid = np.array(cells).reshape(2, 2)
    sums = {
        "all": (0, 1, 2, 3),
        "a=0": (0, 1),
        "a=1": (2, 3),
        "b=0": (0, 2),
        "b=1": (1, 3),
        **{name: (i,) for i, name in enumerate(names)},
    }
    table = [Count(name, "cases", int(grid.ravel()[list(own)].sum())) for name, own in sums.items()]
    result = suppress(table, MINIMUM, width=WIDTH)
    assert not result.exposed
    limit = 48
    for count in table:
        if count.count < MINIMUM:
            found = {
                sum(each[i] for i in sums[count.stratum])
                for each in consistent_tables(result, sums, limit)
            }
            assert max(found) - min(found) >= WIDTH, (count, sorted(found))


def consistent_tables(result, sums, limit):
    """Yield every 2 x 2 table of counts up to `limit` that fits what is shown."""
    bounds = {}
    for shown in result.counts:
        if shown.count is not None:
            bounds[shown.stratum] = (shown.count, shown.count)
        else:
            bounds[shown.stratum] = (0, 10) if shown.reason == "too few" else (11, 10**6)

    def fits(name, value):
        return bounds[name][0] <= value <= bounds[name][1]

    ranges = [[v for v in range(limit + 1) if fits(name, v)] for name in list(sums)[-4:]]
    for p, q in itertools.product(ranges[0], ranges[1]):
        if not fits("a=0", p + q):
            continue
        for r in ranges[2]:
            if not fits("b=0", p + r):
                continue
            for s in ranges[3]:
                if fits("a=1", r + s) and fits("b=1", q + s) and fits("all", p + q + r + s):
                    yield p, q, r, s


def test_a_count_known_elsewhere_is_reported_as_giving_others_away():
    table = [Count("all", "cases", 13), Count("sex=F", "cases", 1), Count("sex=M", "cases", 12)]
    assert suppress(table).exposed == ()
    assert suppress(table, known=[("all", "cases"), ("sex=M", "cases")]).exposed == (
        ("sex=F", "cases"),
    )


def test_zero_is_hidden_as_one_to_ten_are():
    table = [Count("all", "cases", 90), Count("sex=F", "cases", 90), Count("all", "positives", 0)]
    shown = {(c.stratum, c.measure): c for c in suppress(table).counts}
    assert shown["all", "positives"].count is None
    assert shown["all", "positives"].reason == "too few"


def test_those_with_no_listed_value_are_sheltered_too():
    table = [Count("all", "cases", 103), Count("sex=F", "cases", 50), Count("sex=M", "cases", 50)]
    result = suppress(table)
    assert [c.count for c in result.counts].count(None) >= 1
    assert result.exposed == ()


def test_large_counts_stay_as_they_are():
    table = [
        Count("all", "cases", 1000),
        Count("sex=F", "cases", 450),
        Count("sex=M", "cases", 550),
    ]
    assert [c.count for c in suppress(table).counts] == [1000, 450, 550]


def test_bad_tables_name_the_argument_and_the_first_offending_index():
    with pytest.raises(ValueError, match=r"table.*twice; first offending index 1"):
        suppress([Count("all", "cases", 20), Count("all", "cases", 20)])
    with pytest.raises(ValueError, match=r"table.*negative; first offending index 0"):
        suppress([Count("all", "cases", -1)])
    with pytest.raises(ValueError, match=r"table: measure 'deaths'.*first offending index 0"):
        suppress([Count("all", "deaths", 1)])
    with pytest.raises(ValueError, match="stratum 'F'"):
        suppress([Count("F", "cases", 20)])
    with pytest.raises(ValueError, match="table: counts contradict"):
        suppress(
            [Count("all", "cases", 20), Count("sex=F", "cases", 30), Count("sex=M", "cases", 3)]
        )
