"""What an adapter makes of a file, and how it says that it can't.

An adapter takes a file's unpacked bytes as a seekable stream and yields `Decoded` blocks, so that
a file need not fit into memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from aiops_pipelines.feeds.rules import Rule


class UnreadableFileError(Exception):
    """A file breaks a rule as a whole; `column` names the mapped columns concerned, if any."""

    def __init__(self, rule: Rule, column: str | None = None) -> None:
        super().__init__(str(rule))
        self.rule = rule
        self.column = column


@dataclass(frozen=True, slots=True)
class Decoded:
    """Some rows of a file: the mapped columns under the feed's names, with each row's number.

    `columns` are text (CSV and documents) or typed (Parquet, SQL); `row_numbers` int64. `refused`
    holds the numbers of rows that could not be told apart into cells, by rule.
    """

    columns: Mapping[str, pa.ChunkedArray]
    row_numbers: np.ndarray
    refused: Mapping[Rule, np.ndarray] = field(default_factory=dict)


def check_header(header: list[str], wanted: list[str]) -> None:
    """Raise UnreadableFileError unless each of `wanted` stands in `header` exactly once.

    The file's own header is not repeated in the error: a file without one starts with a patient.
    """
    missing = [name for name in wanted if name not in header]
    if missing:
        raise UnreadableFileError(Rule.COLUMN_NOT_IN_HEADER, ", ".join(missing))
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise UnreadableFileError(Rule.COLUMN_TWICE, ", ".join(twice))
