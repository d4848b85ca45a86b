"""What a reader with all published numbers and linear algebra can work out of the hidden ones."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_hospital import DAY, make

from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports.suppression import FLOOR, Screen, hidden_cells

COMMON = {"system": "falls-risk", "version": "1", "day": DAY, "as_of": DAY}


def cells(**counts):
    return {
        (stratum.replace("__", "|").replace("_", "="), "cases"): n for stratum, n in counts.items()
    }


def names(hidden):
    return {stratum for stratum, _ in hidden}


def test_cells_of_ten_are_hidden_and_of_eleven_shown():
    hidden = hidden_cells(cells(site_A=10, site_B=11, site_C=12, site_D=500))
    assert "site=A" in names(hidden)
    assert "site=D" not in names(hidden)


def test_a_lone_hidden_cell_takes_the_next_smallest_with_it():
    assert names(hidden_cells(cells(sex_F=400, sex_M=300, sex_X=7))) == {"sex=X", "sex=M"}


def test_two_hidden_cells_that_sum_to_less_than_eleven_take_a_third():
    hidden = hidden_cells(cells(site_A=3, site_B=4, site_C=50, site_D=80))
    assert names(hidden) == {"site=A", "site=B", "site=C"}


def test_nothing_is_hidden_where_all_cells_are_large():
    assert hidden_cells(cells(sex_F=11, sex_M=11)) == frozenset()


def test_a_small_number_of_positives_is_not_given_away_by_cases_minus_negatives():
    counts = {
        ("sex=F", "cases"): 300, ("sex=M", "cases"): 400,
        ("sex=F", "negatives"): 292, ("sex=M", "negatives"): 350,
        ("sex=F", "positives"): 8, ("sex=M", "positives"): 50,
    }  # fmt: skip
    hidden = hidden_cells(counts)
    assert ("sex=F", "positives") in hidden
    assert ("sex=M", "positives") in hidden
    assert {("sex=F", "cases"), ("sex=F", "negatives")} & hidden


def test_a_figure_that_the_lake_withholds_is_withheld_here():
    withheld = make(COMMON, Area.BIAS, "flag_rate_gap", stratum="sex=X", n=300, suppressed=True)
    others = [
        make(COMMON, Area.BIAS, "flag_rate_gap", stratum=f"sex={sex}", n=n)
        for sex, n in (("F", 400), ("M", 300))
    ]
    screen = Screen.of([withheld, *others])
    assert not screen.shows(withheld)
    assert [screen.shows(figure) for figure in others] == [True, False]


def test_a_figure_of_all_cases_with_under_eleven_is_not_shown():
    assert not Screen.of([]).shows(make(COMMON, Area.PERFORMANCE, "sensitivity", n=9))
    assert Screen.of([]).shows(make(COMMON, Area.PERFORMANCE, "sensitivity", n=0))


def attack(table, published):
    """Return the cells that follow from the published ones by linear algebra over the full cube."""
    atoms = list(table)
    place = {atom: column for column, atom in enumerate(atoms)}
    rows = []
    for stratum in published:
        wanted = dict(part.split("=") for part in stratum.split("|")) if stratum != "all" else {}
        row = np.zeros(len(atoms))
        for atom in atoms:
            if all(
                dict(zip(("sex", "site"), atom, strict=True))[k] == v for k, v in wanted.items()
            ):
                row[place[atom]] = 1
        rows.append(row)
    known = np.array(rows)

    def follows(stratum):
        wanted = dict(part.split("=") for part in stratum.split("|"))
        target = np.zeros(len(atoms))
        for atom in atoms:
            if all(
                dict(zip(("sex", "site"), atom, strict=True))[k] == v for k, v in wanted.items()
            ):
                target[place[atom]] = 1
        solution, *_ = np.linalg.lstsq(known.T, target, rcond=None)
        return bool(np.allclose(known.T @ solution, target, atol=1e-8))

    return follows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=9, max_size=9))
def test_no_small_cell_of_two_crossed_dimensions_can_be_worked_out(counts):
    table = dict(zip(product("FMX", "NSW"), counts, strict=True))
    sizes = {}
    for (sex, site), n in table.items():
        for stratum in (f"sex={sex}", f"site={site}", f"sex={sex}|site={site}"):
            sizes[(stratum, "cases")] = sizes.get((stratum, "cases"), 0) + n
    hidden = hidden_cells(sizes)
    published = ["all", *(stratum for stratum, _ in sizes if (stratum, "cases") not in hidden)]
    follows = attack(table, published)
    small = [stratum for (stratum, _), n in sizes.items() if n < FLOOR]
    assert not [stratum for stratum in small if follows(stratum)]


@pytest.mark.parametrize("count", [0, 1, 10])
def test_an_empty_or_small_cell_is_never_published(count):
    assert ("sex=F", "cases") in hidden_cells(cells(sex_F=count, sex_M=90, sex_X=80))
