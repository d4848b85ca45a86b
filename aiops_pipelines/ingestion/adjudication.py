"""Which value counts for a case when several readers have said what is true, and since when.

Words are taken in order of their receipt. Of one reader's words the last revision counts; those
that arrive at the same moment count together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from aiops_pipelines.portfolio import Adjudication


@dataclass(frozen=True, slots=True)
class Word:
    """What one reader said of a case. A label without a reader is its source's word."""

    reader: str
    source: str
    revision: int
    value: float
    decided_at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """The value that counts, the word by whose receipt it did, and when a value first counted."""

    value: float
    by: Word
    first_received_at: datetime
    overturned: bool


def settle(words: Iterable[Word], rule: Adjudication) -> Settled | None:
    """Return what counts after all `words`; None while the readers have not settled the case."""
    said: dict[str, Word] = {}
    current: float | None = None
    by: Word | None = None
    first: datetime | None = None
    values = set()
    ordered = sorted(words, key=lambda word: (word.received_at, word.revision))
    for received_at, together in groupby(ordered, key=lambda word: word.received_at):
        for last in together:
            held = said.get(last.reader)
            if held is None or held.revision <= last.revision:
                said[last.reader] = last
        value = _decision(said, rule)
        if value is not None:
            first = first or received_at
            values.add(value)
            if value != current:
                by = last
        current = value
    if current is None or by is None or first is None:
        return None
    return Settled(current, by, first, len(values) > 1)


def words_of(rows: Iterable[Mapping[str, Any]]) -> Iterator[Word]:
    """Return rows of the table LABELS as words."""
    for row in rows:
        yield Word(
            row["reader"] or row["source"],
            row["source"],
            row["revision"],
            row["value"],
            row["decided_at"],
            row["received_at"],
        )


def _decision(said: Mapping[str, Word], rule: Adjudication) -> float | None:
    final = [word for word in said.values() if rule.adjudicator in (word.source, word.reader)]
    if final:
        return max(final, key=lambda word: (word.received_at, word.revision)).value
    votes = Counter(word.value for word in said.values())
    if not votes or votes.total() < rule.readers:
        return None
    value, count = votes.most_common(1)[0]
    enough = count == votes.total() if rule.rule == "consensus" else 2 * count > votes.total()
    return value if enough else None
