"""Reads what turned out to be true: the labels that arrived on some days.

A row is refused if its case_id or value is missing, its value is not one the output allows, its
time of receipt or revision can't be read, or it says it was received after the day of its file.
A label from a source the portfolio does not name is kept: that is a finding, not a bad row. A
regression's labels may lie outside the range of its outputs: leaving out the extreme cases would
flatter the system. In an archive, the outcome of a case that got no score is set aside with it.
Revisions and readers are all kept; what is refused is the same revision by the
same reader received at the same time, said twice.
"""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from upath import UPath

from aiops_pipelines.feeds.archive import archive_feed, unscored_cases
from aiops_pipelines.feeds.arrivals import UTC, WATCH, arrival_days, corrects, files_arrived
from aiops_pipelines.feeds.batch import FeedBatch
from aiops_pipelines.feeds.content import Watch
from aiops_pipelines.feeds.days import DaySpan, day_span
from aiops_pipelines.feeds.formulas import plain_text
from aiops_pipelines.feeds.gather import FeedShape, gather, join_batches
from aiops_pipelines.feeds.pseudonym import Pseudonymiser
from aiops_pipelines.feeds.raw_file import Block
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.feeds.sieve import Sieve
from aiops_pipelines.feeds.values import Columns, positions_in
from aiops_pipelines.portfolio import System, Task
from aiops_pipelines.schema import LABELS

SOURCE_NOT_STATED = "not stated"
"""The source of a label whose file names none."""

_SHAPE = FeedShape(
    "labels",
    LABELS,
    ["case_id", "source", "reader", "revision", "received_at"],
    ["value", "decided_at"],
    Rule.CONFLICTING_LABEL,
)
_CORRECTED = ["case_id", "source", "reader", "revision"]


def read_labels(
    system: System,
    start: date,
    end: date,
    root: UPath,
    pseudonym: Pseudonymiser,
    zone: ZoneInfo,
    watch: Watch = WATCH,
) -> FeedBatch:
    """Return the labels of `system` that arrived from `start` to `end`; schema LABELS.

    Each day's files are judged on their own, so that reading days one by one or at once gives
    the same rows. Without a column for it a label was received at the end of the day of its file,
    or, from an archive, with its prediction.

    Raises:
        FeedError, ConfigurationError: as reading predictions does.
    """
    unscored, batches = unscored_cases(system, root, watch), []
    shape = replace(_SHAPE, corrected=_CORRECTED) if corrects(system.labels) else _SHAPE
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        judge = partial(_judge, system=system, span=day_span(day, zone), unscored=unscored)
        files = files_arrived(system, "labels", day, root, zone, watch)
        batches.append(gather(shape, files, judge, pseudonym))
    return join_batches(batches, LABELS)


def label_arrivals(system: System, root: UPath, zone: ZoneInfo = UTC) -> list[date]:
    """Return the days on which labels have arrived, in order; FeedError as reading does.

    By SQL these are all days from the first watermark to the last.
    """
    return arrival_days(system, "labels", root, zone)


def _judge(
    block: Block, sieve: Sieve, *, system: System, span: DaySpan, unscored: pa.Array
) -> pa.Table:
    columns = Columns(block.columns, system.labels, block.row_numbers.size)
    case_id = columns.text("case_id")
    sieve.refuse(pc.is_null(case_id).to_numpy(False), Rule.CASE_MISSING, "case_id", "missing")
    without = pc.is_in(case_id, value_set=unscored, skip_nulls=True).to_numpy(False)
    sieve.refuse(without, Rule.NOT_SCORED, "case_id")
    return pa.table(
        {
            "case_id": case_id,
            "value": pa.array(_value(columns, system, sieve)),
            "decided_at": _decided(columns, sieve),
            "received_at": _received(columns, system, span, sieve),
            "source": _source(columns, system, sieve),
            "reader": plain_text(columns, "reader", sieve),
            "revision": _revision(columns, sieve),
        }
    )


def _value(columns: Columns, system: System, sieve: Sieve) -> np.ndarray:
    if system.output.classes:
        value = positions_in(columns.text("value"), system.output.classes)
        allowed = ~value.unreadable
    else:
        value = columns.number("value")
        binary = system.output.task is Task.BINARY
        allowed = np.isin(value.values, (0.0, 1.0)) if binary else np.isfinite(value.values)
    sieve.refuse(value.missing, Rule.LABEL_MISSING, "value", "missing")
    sieve.refuse(value.unreadable, Rule.LABEL_NOT_ALLOWED, "value", "text")
    sieve.refuse(~allowed, Rule.LABEL_NOT_ALLOWED, "value", "number")
    return value.values


def _decided(columns: Columns, sieve: Sieve) -> pa.Array:
    if "decided_at" not in columns:
        return pa.nulls(columns.rows, LABELS.field("decided_at").type)
    decided = columns.instant("decided_at")
    sieve.note(decided.unreadable, Rule.DECIDED_UNREADABLE, "decided_at", "text")
    return decided.to_arrow()


def _received(columns: Columns, system: System, span: DaySpan, sieve: Sieve) -> pa.Array:
    if "received_at" not in columns:
        moment = span.end - 1 if archive_feed(system.labels) is None else span.start
        return pa.array(np.full(columns.rows, moment)).cast(LABELS.field("received_at").type)
    received = columns.instant("received_at")
    sieve.refuse(received.missing, Rule.TIME_MISSING, "received_at", "missing")
    sieve.refuse(received.unreadable, Rule.TIME_UNREADABLE, "received_at", "text")
    late = received.values >= span.end
    sieve.refuse(late, Rule.RECEIVED_AFTER_FILE, "received_at", "after the day")
    return received.to_arrow()


def _source(columns: Columns, system: System, sieve: Sieve) -> pa.Array:
    only = system.truth.sources[0] if "source" not in columns else SOURCE_NOT_STATED
    return plain_text(columns, "source", sieve).fill_null(only)


def _revision(columns: Columns, sieve: Sieve) -> pa.Array:
    """Return the 0-based revision, 0 where none is stated."""
    number = columns.number("revision")
    whole = (
        (number.values >= 0) & (number.values < 2**31) & (np.floor(number.values) == number.values)
    )
    wrong = ~whole & ~number.missing
    sieve.refuse(wrong, Rule.REVISION_NOT_WHOLE, "revision")
    return pa.array(np.where(whole, number.values, 0).astype(np.int32))
