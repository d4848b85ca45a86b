"""Archives: one file that holds everything and has no days, so its rows are given some.

Row k of an archive belongs to day k // rows_per_day after the rule's first, counted over all rows
of the file, refused ones too. Labels have the day of their case. An archive is read once a process.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter
from upath import UPath

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds.content import Watch
from aiops_pipelines.feeds.decoded import UnreadableFileError
from aiops_pipelines.feeds.drops import check_folder
from aiops_pipelines.feeds.raw_file import Block, RawFile, raw_files, whole_block
from aiops_pipelines.feeds.values import Columns
from aiops_pipelines.portfolio import CsvFeed, DayRule, Feed, ParquetFeed, System, TableFeed

TableKind = CsvFeed | ParquetFeed

_FIRST_ROW = {"csv": 2, "parquet": 1}
_FEED: TypeAdapter[Feed] = TypeAdapter(Feed)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive's file and all its rows."""

    name: str
    sha256: str
    rows: Block

    def file(self, rows: Block) -> RawFile:
        """Return the archive with only `rows`."""
        return RawFile(self.name, self.sha256, iter([rows]))


def archive_feed(feed: Feed) -> tuple[TableKind, DayRule] | None:
    """Return the feed of an archive with its rule, None for a feed that comes by the day."""
    if isinstance(feed, CsvFeed | ParquetFeed) and feed.days is not None:
        return feed, feed.days
    return None


def predictions_of_day(
    feed: TableKind, rule: DayRule, day: date, root: UPath, watch: Watch, what: str
) -> list[RawFile]:
    """Return the archive with its rows of `day`, if any; FeedError if it can't be read."""
    archive = _open(feed, root, watch, what)
    wanted = (day - rule.start).days
    rows = archive.rows.only(lambda rows: _offsets(rows, feed, rule) == wanted)
    return [archive.file(rows)] if rows.total else []


def labels_of_day(system: System, day: date, root: UPath, watch: Watch) -> list[RawFile]:
    """Return the label archive with its rows of `day`, if any.

    The day is that of the case in the archive of predictions. Rows of a case that is not there,
    and rows that can't be told apart into cells, come on the rule's first day.

    Raises:
        FeedError: the archive can't be read, or the feeds' rules differ.
    """
    what = f"{system.id}: labels"
    labels, cases = archive_feed(system.labels), archive_feed(system.predictions)
    if labels is None:
        raise FeedError(f"{what}: not an archive")
    feed, rule = labels
    if cases is not None and cases[1] != rule:
        raise FeedError(f"{what}: the `days` rule must be that of the predictions")
    if cases is None or cases[0].path == feed.path:
        return predictions_of_day(feed, rule, day, root, watch, what)
    archive, wanted = _open(feed, root, watch, what), (day - rule.start).days
    scored = _open(cases[0], root, watch, what).rows
    offsets = _offsets_of_cases(archive.rows, feed, scored, cases[0])
    known = dict(zip(archive.rows.row_numbers.tolist(), offsets.tolist(), strict=True))
    rows = archive.rows.only(
        lambda rows: np.array([known.get(row, 0) == wanted for row in rows], bool)
    )
    return [archive.file(rows)] if rows.total else []


def unscored_cases(system: System, root: UPath, watch: Watch) -> pa.Array:
    """Return the ids of the archive's cases for which the feed declares that no score was made."""
    cases = archive_feed(system.predictions)
    if cases is None or "score" not in cases[0].missing:
        return pa.array([], pa.string())
    rows = _open(cases[0], root, watch, f"{system.id}: predictions").rows
    columns = Columns(rows.columns, cases[0], rows.row_numbers.size)
    return columns.text("case_id").filter(pa.array(columns.declared_missing("score")))


def days_of_archive(
    feed: TableKind, rule: DayRule, root: UPath, watch: Watch, what: str
) -> list[date]:
    """Return the days that the archive's rows are given."""
    rows = _open(feed, root, watch, what).rows.total
    return [rule.start + timedelta(days=k) for k in range(-(-rows // rule.rows_per_day))]


def _offsets(rows: np.ndarray, feed: TableKind, rule: DayRule) -> np.ndarray:
    return (rows - _FIRST_ROW[feed.kind]) // rule.rows_per_day


def _offsets_of_cases(
    labels: Block, labels_feed: TableKind, cases: Block, cases_feed: TableKind
) -> np.ndarray:
    """Return each label's day as that of its case, 0 where the case is not in the archive."""
    assert cases_feed.days is not None
    labelled = Columns(labels.columns, labels_feed, labels.row_numbers.size).text("case_id")
    predicted = Columns(cases.columns, cases_feed, cases.row_numbers.size).text("case_id")
    where = pc.index_in(labelled, value_set=predicted, skip_nulls=True)
    offsets: np.ndarray = (
        pa.array(_offsets(cases.row_numbers, cases_feed, cases_feed.days))
        .take(where)
        .fill_null(0)
        .to_numpy(zero_copy_only=False)
    )
    return offsets


def _open(feed: TableKind, root: UPath, watch: Watch, what: str) -> Archive:
    check_folder(feed, root, what)
    path = root / feed.path
    if not path.is_file():
        raise FeedError(
            f"{what}: the archive {path} does not exist; set AIOPS_FEEDS to the folder that holds "
            f"{feed.path}"
        )
    stat = path.stat()
    try:
        return _read(path, root, feed.model_dump_json(), stat.st_mtime, stat.st_size, watch, what)
    except UnreadableFileError as error:
        column = f" ({error.column})" if error.column else ""
        raise FeedError(f"{what}: {feed.path}: {error.rule}{column}") from None


@lru_cache(maxsize=8)
def _read(
    path: UPath, root: UPath, feed: str, changed: float, size: int, watch: Watch, what: str
) -> Archive:
    """Return the archive; `changed` and `size` make a rewritten file another key."""
    del changed, size
    form = _FEED.validate_json(feed)
    assert isinstance(form, TableFeed)
    (archive,) = [
        Archive(file.name, file.sha256, whole_block(file.blocks, form.columns))
        for file in raw_files([path], form, root, watch, what)
    ]
    return archive
