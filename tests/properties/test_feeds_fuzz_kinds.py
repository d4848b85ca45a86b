"""Damaged files of every kind of feed: nothing raises, nothing is lost."""

import pytest
from feed_fuzz import CHECKS, SEEDS, check
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("kind", list(SEEDS))
def test_the_undamaged_files_are_read(kind):
    for content in SEEDS[kind]:
        batch = check(kind, content)
        assert sum(file.rows for file in batch.files) > 0


@pytest.mark.parametrize("kind", list(CHECKS))
def test_a_damaged_delivery_is_kept_or_refused_row_by_row(kind):
    strategy, run = CHECKS[kind]

    @given(strategy)
    @settings(max_examples=60, database=None)
    def holds(delivery):
        run(delivery)

    holds()


@given(st.binary(max_size=200))
@settings(max_examples=60, database=None)
def test_any_bytes_at_all_are_accounted_for_by_every_kind(content):
    for kind in SEEDS:
        check(kind, content)
