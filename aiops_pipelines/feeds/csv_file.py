"""CSV files: every cell as text, ragged rows by number, nothing swallowed by a stray quote.

A quote that is never closed makes a parser take the following rows for one cell. Such a record is
refused: its cells hold line breaks after which a whole row's worth of delimiters stands.
"""

import csv
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError, check_header
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.portfolio import Feed

_LINE_END = re.compile(r"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_BLOCK_BYTES = 8 << 20


def decode_csv(data: bytes, feed: Feed, wanted: list[str]) -> Decoded:
    """Return the columns `wanted` of a CSV file as text; raise UnreadableFileError.

    A byte order mark, any line ends and blanks around column names are accepted.
    """
    data = data.removeprefix(_BOM).rstrip(b"\r\n")
    if not data.strip():
        raise UnreadableFileError(Rule.EMPTY_FILE)
    _check_text(data)
    header = _header(data, feed.delimiter)
    check_header(header, wanted)
    positions = [header.index(name) for name in wanted]
    table, ragged = _parse(data + b"\n", feed.delimiter, positions)
    if [_cell(column, 0) for column in table.columns] != wanted:
        raise UnreadableFileError(Rule.NOT_CSV)
    numbers = _row_numbers(table.num_rows, ragged)
    hiding = np.zeros(table.num_rows, bool)
    if numbers.size + ragged.size != _lines(data):
        hiding = _rows_that_hide_rows(data + b"\n", feed.delimiter, len(header))
    refused = {Rule.RAGGED: ragged, Rule.HIDDEN_ROWS: numbers[hiding]}
    kept = ~hiding
    kept[0] = False
    rows = table.filter(pa.array(kept)) if hiding.any() else table.slice(1)
    return Decoded(dict(zip(wanted, rows.columns, strict=True)), numbers[kept], refused)


def _row_numbers(records: int, ragged: np.ndarray) -> np.ndarray:
    """Return the numbers of the `records` that were parsed, which are those not `ragged`."""
    parsed = np.ones(records + ragged.size, bool)
    parsed[ragged - 1] = False
    return np.flatnonzero(parsed) + 1


def _check_text(data: bytes) -> None:
    if data.isascii():
        return
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableFileError(Rule.NOT_UTF8) from None


def _header(data: bytes, delimiter: str) -> list[str]:
    ends = [end for end in (data.find(b"\n"), data.find(b"\r")) if end >= 0]
    first = data[: min(ends, default=len(data))].decode("utf-8")
    try:
        cells = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise UnreadableFileError(Rule.NOT_CSV) from None
    return [cell.strip() for cell in cells]


def _parse(data: bytes, delimiter: str, positions: list[int]) -> tuple[pa.Table, np.ndarray]:
    """Return all records (the header is the first) and the record numbers of ragged ones.

    The parser's own error quotes the row it stumbled on, so it is not handed on.
    """
    ragged: list[int] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row.number)
        return "skip"

    names = [f"f{position}" for position in positions]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(
                autogenerate_column_names=True, use_threads=False, block_size=_BLOCK_BYTES
            ),
            arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=b'"' in data,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=names,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowException:
        raise UnreadableFileError(Rule.NOT_CSV) from None
    return table, np.array(ragged, np.int64)


def _cell(column: pa.ChunkedArray, row: int) -> str:
    return str(column[row].as_py()).strip() if row < len(column) else ""


def _lines(data: bytes) -> int:
    """Return the number of physical lines of `data`, which doesn't end in a line end."""
    pairs = data.count(b"\r\n")
    return data.count(b"\n") + data.count(b"\r") - pairs + 1


def _rows_that_hide_rows(data: bytes, delimiter: str, width: int) -> np.ndarray:
    """Return which records hold a line break followed by a row's worth of delimiters."""
    table, _ = _parse(data, delimiter, list(range(width)))
    hiding = np.zeros(table.num_rows, bool)
    for column in table.columns:
        broken = pc.match_substring_regex(column, r"[\r\n]")
        for index in np.flatnonzero(broken.to_numpy()):
            later = _LINE_END.split(column[int(index)].as_py())[1:]
            hiding[index] |= any(line.count(delimiter) >= width - 1 for line in later)
    return hiding
