"""Rows of documents (FHIR, HL7 v2, DICOM SR) on their way to columns of text."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from aiops_pipelines.feeds.decoded import Decoded
from aiops_pipelines.feeds.rules import Rule

Row = dict[str, str | None] | Rule
"""The mapped values of one row, or the rule it breaks."""

BLOCK_ROWS = 5_000


def as_blocks(rows: Iterable[tuple[int, Row]], wanted: Sequence[str]) -> Iterator[Decoded]:
    """Yield numbered rows as blocks of text columns."""
    kept, refused = list[tuple[int, dict[str, str | None]]](), dict[Rule, list[int]]()
    for number, row in rows:
        if isinstance(row, Rule):
            refused.setdefault(row, []).append(number)
        else:
            kept.append((number, row))
        if len(kept) == BLOCK_ROWS:
            yield _block(kept, refused, wanted)
            kept, refused = [], {}
    if kept or refused:
        yield _block(kept, refused, wanted)


def _block(
    kept: list[tuple[int, dict[str, str | None]]],
    refused: dict[Rule, list[int]],
    wanted: Sequence[str],
) -> Decoded:
    columns = {
        name: pa.chunked_array([pa.array([row[name] for _, row in kept], pa.string())])
        for name in wanted
    }
    numbers = np.array([number for number, _ in kept], np.int64)
    return Decoded(
        columns, numbers, {rule: np.array(rows, np.int64) for rule, rows in refused.items()}
    )
