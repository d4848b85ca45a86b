"""Blocks of days: no small count in them, between them, or beside the totals."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_pipelines.contracts.arrivals import DayCounts
from aiops_pipelines.reports.evidence.blocks import Cells, Counted, counted

START = date(2026, 3, 2)
DAYS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), min_size=1, max_size=120)


def of(days: list[tuple[int, int]], window: int) -> Counted:
    found = counted(
        {START + timedelta(days=i): DayCounts(e, o, e + o, e) for i, (e, o) in enumerate(days)},
        window,
    )
    assert found is not None
    return found


def total(days: list[tuple[int, int]]) -> Cells:
    return Cells(sum(e for e, _ in days), sum(o for _, o in days))


@given(DAYS, st.integers(1, 60))
def test_no_difference_of_shown_totals_is_a_small_count(days, window) -> None:
    """All that is printed are runs of blocks and their sums; each run is a difference of two."""
    found = of(days, window)
    every = [*found.earlier, *found.blocks]
    for first in range(len(every)):
        for last in range(first, len(every)):
            run = sum((each.cells for each in every[first : last + 1]), Cells())
            assert run.events >= 11 and run.others >= 11


@given(DAYS, st.integers(1, 60))
def test_blocks_add_up_to_the_window_and_to_all_before_it(days, window) -> None:
    found = of(days, window)
    assert found.window == total(days[-window:])
    if found.blocks:
        assert sum((each.cells for each in found.blocks), Cells()) == found.window
    if found.earlier:
        assert sum((each.cells for each in found.earlier), Cells()) == total(days[:-window])


@given(DAYS, st.integers(1, 60))
def test_blocks_follow_each_other_without_overlap(days, window) -> None:
    found = of(days, window)
    every = [*found.earlier, *found.blocks]
    for before, after in itertools.pairwise(every):
        assert after.first == before.last + timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "hidden"), [([(1, 9)] * 10 + [(2, 9)] * 10, True), ([(2, 9)] * 20, False)]
)
def test_too_few_cases_before_the_window_hide_the_periods_total(days, hidden) -> None:
    found = of(days, 10)
    assert found.showable
    assert found.earlier_hidden is hidden
    assert bool(found.earlier) is not hidden


def test_a_window_with_few_events_shows_nothing() -> None:
    found = of([(0, 50)] * 9 + [(10, 50)], 10)
    assert not found.showable and not found.earlier
