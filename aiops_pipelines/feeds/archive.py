"""Archives: one file that holds everything and has no days, so its rows are given some.

Row k of an archive belongs to day k // rows_per_day after the rule's first, counted over all rows
of the file, refused ones too. Labels have the day of their case. An archive is read once a process.
"""

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from upath import UPath

from aiops_pipelines.errors import FeedError
from aiops_pipelines.feeds.drops import check_folder
from aiops_pipelines.feeds.raw_file import RawFile, read_raw_file
from aiops_pipelines.feeds.values import Columns
from aiops_pipelines.portfolio import DayRule, Feed, System

_FIRST_ROW = {"csv": 2, "parquet": 1}


def predictions_of_day(system: System, rule: DayRule, day: date, root: UPath) -> RawFile:
    """Return the archive's rows of `day`; FeedError if the archive can't be read."""
    feed = system.predictions
    archive = _open(feed, root, f"{system.id}: predictions")
    wanted = (day - rule.start).days
    return archive.only(lambda rows: _offsets(rows, feed, rule) == wanted)


def labels_of_day(system: System, rule: DayRule, day: date, root: UPath) -> RawFile:
    """Return the label archive's rows of `day`.

    The day is that of the case in the archive of predictions. Rows of a case that is not there,
    and rows that can't be told apart into cells, come on the rule's first day.

    Raises:
        FeedError: the archive can't be read, or the feeds' rules differ.
    """
    feed, what = system.labels, f"{system.id}: labels"
    archive = _open(feed, root, what)
    wanted = (day - rule.start).days
    cases = system.predictions
    if cases.days is None or cases.path == feed.path:
        _check_rules(cases.days, rule, what)
        return archive.only(lambda rows: _offsets(rows, feed, rule) == wanted)
    _check_rules(cases.days, rule, what)
    offsets = _offsets_of_cases(archive, _open(cases, root, what), system, rule)
    known = dict(zip(archive.row_numbers.tolist(), offsets.tolist(), strict=True))
    return archive.only(lambda rows: np.array([known.get(row, 0) == wanted for row in rows], bool))


def unscored_cases(system: System, root: UPath) -> pa.Array:
    """Return the ids of the archive's cases for which the feed declares that no score was made."""
    cases = system.predictions
    if cases.days is None or "score" not in cases.missing:
        return pa.array([], pa.string())
    archive = _open(cases, root, f"{system.id}: predictions")
    columns = Columns(archive.columns, cases, archive.row_numbers.size)
    return columns.text("case_id").filter(pa.array(columns.declared_missing("score")))


def days_of_archive(feed: Feed, rule: DayRule, root: UPath, what: str) -> list[date]:
    """Return the days that the archive's rows are given."""
    rows = _open(feed, root, what).read.rows
    return [rule.start + timedelta(days=k) for k in range(-(-rows // rule.rows_per_day))]


def _offsets(rows: np.ndarray, feed: Feed, rule: DayRule) -> np.ndarray:
    return (rows - _FIRST_ROW[feed.kind]) // rule.rows_per_day


def _offsets_of_cases(labels: RawFile, cases: RawFile, system: System, rule: DayRule) -> np.ndarray:
    """Return each label's day as that of its case, 0 where the case is not in the archive."""
    labelled = Columns(labels.columns, system.labels, labels.row_numbers.size).text("case_id")
    predicted = Columns(cases.columns, system.predictions, cases.row_numbers.size).text("case_id")
    where = pc.index_in(labelled, value_set=predicted, skip_nulls=True)
    offsets: np.ndarray = (
        pa.array(_offsets(cases.row_numbers, system.predictions, rule))
        .take(where)
        .fill_null(0)
        .to_numpy(zero_copy_only=False)
    )
    return offsets


def _check_rules(cases: DayRule | None, labels: DayRule, what: str) -> None:
    if cases is not None and cases != labels:
        raise FeedError(f"{what}: the `days` rule must be that of the predictions")


def _open(feed: Feed, root: UPath, what: str) -> RawFile:
    check_folder(feed, root, what)
    path = root / feed.path
    if not path.is_file():
        raise FeedError(
            f"{what}: the archive {path} does not exist; set AIOPS_FEEDS to the folder that holds "
            f"{feed.path}"
        )
    stat = path.stat()
    archive = _read(str(path), str(root), feed.model_dump_json(), stat.st_mtime, stat.st_size)
    if archive.broken is not None:
        column = f" ({archive.broken.column})" if archive.broken.column else ""
        raise FeedError(f"{what}: {feed.path}: {archive.broken.rule}{column}")
    return archive


@lru_cache(maxsize=8)
def _read(path: str, root: str, feed: str, changed: float, size: int) -> RawFile:
    """Return the archive; `changed` and `size` make a rewritten file another key."""
    del changed, size
    return read_raw_file(UPath(path), Feed.model_validate_json(feed), UPath(root))
