"""Which word counts when several readers have spoken: by rule, in order of receipt."""

from datetime import UTC, datetime, timedelta

import pytest

from aiops_pipelines.ingestion.adjudication import Word, settle
from aiops_pipelines.portfolio import Adjudication

START = datetime(2026, 6, 1, tzinfo=UTC)
MAJORITY = Adjudication(rule="majority", readers=2)
CONSENSUS = Adjudication(rule="consensus", readers=2, adjudicator="board")


def word(reader: str, value: float, day: int, revision: int = 0) -> Word:
    return Word(reader, "clinic", revision, value, None, START + timedelta(days=day))


def test_one_reader_of_two_settles_nothing() -> None:
    assert settle([word("R1", 1, 0)], MAJORITY) is None


def test_the_second_reader_settles_and_from_that_day_on() -> None:
    settled = settle([word("R1", 1, 0), word("R2", 1, 3)], MAJORITY)
    assert settled is not None
    assert (settled.value, settled.by.reader, settled.overturned) == (1, "R2", False)
    assert settled.first_received_at == START + timedelta(days=3)


@pytest.mark.parametrize("rule", [MAJORITY, CONSENSUS])
def test_two_readers_who_disagree_have_not_settled(rule: Adjudication) -> None:
    assert settle([word("R1", 1, 0), word("R2", 0, 1)], rule) is None


def test_a_third_reader_breaks_the_tie_by_majority_but_makes_no_consensus() -> None:
    words = [word("R1", 1, 0), word("R2", 0, 1), word("R3", 1, 2)]
    settled = settle(words, MAJORITY)
    assert settled is not None and settled.value == 1
    assert settle(words, CONSENSUS) is None


def test_a_reader_who_revises_can_make_the_consensus() -> None:
    words = [word("R1", 1, 0), word("R2", 0, 1), word("R2", 1, 2, revision=1)]
    settled = settle(words, CONSENSUS)
    assert settled is not None and (settled.value, settled.overturned) == (1, False)


def test_an_older_revision_that_comes_late_changes_nothing() -> None:
    words = [word("R1", 1, 0), word("R2", 1, 1, revision=1), word("R2", 0, 2, revision=0)]
    settled = settle(words, CONSENSUS)
    assert settled is not None and settled.value == 1


def test_the_adjudicator_has_the_last_word_and_overturns() -> None:
    words = [word("R1", 1, 0), word("R2", 1, 1), word("board", 0, 4)]
    settled = settle(words, CONSENSUS)
    assert settled is not None
    assert (settled.value, settled.by.reader, settled.overturned) == (0, "board", True)


def test_a_settled_case_that_a_reader_takes_back_is_open_again() -> None:
    words = [word("R1", 1, 0), word("R2", 1, 1), word("R2", 0, 2, revision=1)]
    assert settle(words, CONSENSUS) is None


def test_the_order_of_rows_says_nothing() -> None:
    words = [word("R1", 1, 0), word("R2", 0, 1), word("R3", 0, 2), word("R1", 0, 3, revision=1)]
    assert settle(words, MAJORITY) == settle(reversed(words), MAJORITY)
