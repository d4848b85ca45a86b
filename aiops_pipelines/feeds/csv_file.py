"""CSV files: every cell as text, ragged rows by number, nothing swallowed by a stray quote.

A quote that is never closed makes a parser take the following rows for one cell. Such a record is
refused: its cells hold line breaks after which a whole row's worth of delimiters stands. Files
are read in blocks, after one look at their bytes (`scan_text`).
"""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError, check_header
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.feeds.text_scan import TextFacts, TextStream, scan_text
from aiops_pipelines.portfolio import CsvFeed, Feed

_LINE_END = re.compile(r"\r\n|\n|\r")
_BLOCK_BYTES, _BLOCK_LIMIT = 8 << 20, 128 << 20


def decode_csv(stream: BinaryIO, feed: Feed, wanted: list[str]) -> Iterator[Decoded]:
    """Yield the columns `wanted` of a CSV file as text; raise UnreadableFileError.

    A byte order mark, any line ends and blanks around column names are accepted.
    """
    assert isinstance(feed, CsvFeed)
    facts = scan_text(stream)
    if facts.longest_line > _BLOCK_LIMIT // 2:
        raise UnreadableFileError(Rule.TOO_LARGE)
    header = _header(facts.first_line, feed.delimiter)
    check_header(header, wanted)
    positions = [header.index(name) for name in wanted]
    hiding = _records_that_hide_rows(stream, facts, feed.delimiter, len(header))
    for table, numbers, ragged in _parse(stream, facts, feed.delimiter, positions):
        first = int(numbers[0] == 1) if numbers.size else 0
        if first and [_cell(column, 0) for column in table.columns] != wanted:
            raise UnreadableFileError(Rule.NOT_CSV)
        hidden = np.isin(numbers, hiding)
        refused = {Rule.RAGGED: ragged, Rule.HIDDEN_ROWS: numbers[hidden]}
        kept = ~hidden
        kept[:first] = False
        rows = table.filter(pa.array(kept)) if hidden.any() else table.slice(first)
        yield Decoded(dict(zip(wanted, rows.columns, strict=True)), numbers[kept], refused)


def _header(first_line: bytes, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([first_line.decode("utf-8")], delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise UnreadableFileError(Rule.NOT_CSV) from None
    return [cell.strip() for cell in cells]


def _parse(
    stream: BinaryIO, facts: TextFacts, delimiter: str, positions: list[int]
) -> Iterator[tuple[pa.Table, np.ndarray, np.ndarray]]:
    """Yield blocks of records with their numbers (the header is 1), and numbers of ragged ones.

    The parser's own error quotes the row it stumbled on, so it is not handed on.
    """
    ragged: list[int] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row.number)
        return "skip"

    names = [f"f{position}" for position in positions]
    block_bytes = max(_BLOCK_BYTES, min(2 * facts.longest_line, _BLOCK_LIMIT))
    first = 1
    try:
        reader = arrow_csv.open_csv(
            TextStream(stream, facts),
            arrow_csv.ReadOptions(
                autogenerate_column_names=True, use_threads=False, block_size=block_bytes
            ),
            arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=facts.quoted,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=names,
                strings_can_be_null=False,
            ),
        )
        for batch in reader:
            numbers, found = _row_numbers(first, batch.num_rows, ragged)
            del ragged[: found.size]
            first += batch.num_rows + found.size
            yield pa.Table.from_batches([batch]), numbers, found
    except pa.ArrowException:
        raise UnreadableFileError(Rule.NOT_CSV) from None
    if ragged:
        none = pa.table({name: pa.array([], pa.string()) for name in names})
        yield none, np.empty(0, np.int64), np.array(ragged, np.int64)


def _row_numbers(first: int, records: int, ragged: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers, from `first`, of the next `records`, and of the ragged ones among them.

    The parser reads ahead, so that some of `ragged` may stand behind these records.
    """
    known = np.array(ragged, np.int64)
    before = known[known - np.arange(known.size) < first + records]
    parsed = np.ones(records + before.size, bool)
    parsed[before - first] = False
    return np.flatnonzero(parsed) + first, before


def _cell(column: pa.ChunkedArray, row: int) -> str:
    return str(column[row].as_py()).strip()


def _records_that_hide_rows(
    stream: BinaryIO, facts: TextFacts, delimiter: str, width: int
) -> np.ndarray:
    """Return the numbers of records with a line break followed by a row's worth of delimiters."""
    if not facts.quoted:
        return np.empty(0, np.int64)
    blocks = _parse(stream, facts, delimiter, [0])
    records = sum(numbers.size + ragged.size for _, numbers, ragged in blocks)
    if records == facts.lines:
        return np.empty(0, np.int64)
    found = list[np.ndarray]()
    for table, numbers, _ in _parse(stream, facts, delimiter, list(range(width))):
        hiding = np.zeros(table.num_rows, bool)
        for column in table.columns:
            broken = pc.match_substring_regex(column, r"[\r\n]")
            for index in np.flatnonzero(broken.to_numpy()):
                later = _LINE_END.split(column[int(index)].as_py())[1:]
                hiding[index] |= any(line.count(delimiter) >= width - 1 for line in later)
        found.append(numbers[hiding])
    return np.concatenate(found)
