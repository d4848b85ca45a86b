"""Rows of a hospital's database: one SELECT in a read-only transaction, streamed in batches.

The URL comes from the environment. What a database says about values stays out of errors: only
messages about names and syntax are repeated, since others quote cells.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from aiops_pipelines.errors import ConfigurationError, FeedError
from aiops_pipelines.feeds.days import DaySpan
from aiops_pipelines.feeds.raw_file import Block, RawFile
from aiops_pipelines.feeds.sql_dialects import DIALECTS, Dialect
from aiops_pipelines.portfolio import SqlFeed
from aiops_pipelines.portfolio.select_statement import check_select

_SAFE_STATES = ("42", "57", "25", "08", "28", "3D", "53")
"""Classes of SQLSTATE whose messages name no cell: syntax and names, cancelled, read-only, ..."""

_TYPES = (
    pa.types.is_null,
    pa.types.is_string,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_timestamp,
    pa.types.is_date,
    pa.types.is_time,
)


def rows_of_span(feed: SqlFeed, span: DaySpan, what: str) -> Iterator[RawFile]:
    """Yield the rows whose watermark lies in `span` as one file; nothing if there are none.

    Rows are numbered from 1 in the order of watermark and case_id. The digest is that of the
    statement with its span.

    Raises:
        FeedError: the database can't be reached, refuses, takes too long, or the SQL writes.
        ConfigurationError: the environment variable with the URL is not set.
    """
    with _connected(feed, what) as (connection, dialect):
        mark: sa.ColumnClause[Any] = sa.column(feed.watermark)
        start, end = (dialect.moment(edge, feed.time_zone) for edge in (span.start, span.end))
        statement = (
            _source(feed, dict.fromkeys([*feed.columns.values(), feed.watermark]))
            .where(mark >= start, mark < end)
            .order_by(mark, sa.column(feed.columns["case_id"]))
        )
        text = f"{statement.compile(dialect=connection.dialect)} {span.start} {span.end}"
        streaming = {"stream_results": True, "yield_per": feed.batch_rows}
        result = connection.execute(statement, execution_options=streaming)
        parts = result.partitions()
        first = next(parts, None)
        if first is not None:
            name = f"sql:{feed.table or 'query'}"
            digest = hashlib.sha256(text.encode()).hexdigest()
            yield RawFile(name, digest, _blocks(chain([first], parts), feed, what))


def days_in_database(feed: SqlFeed, zone: ZoneInfo, what: str) -> list[date]:
    """Return all days in `zone` from the first watermark to the last."""
    with _connected(feed, what) as (connection, _):
        mark: sa.ColumnClause[Any] = sa.column(feed.watermark)
        source = _source(feed, {feed.watermark: None}).subquery("marks")
        ends = connection.execute(
            sa.select(sa.func.min(mark), sa.func.max(mark)).select_from(source)
        ).one()
    if ends[0] is None:
        return []
    first, last = (_local_day(end, ZoneInfo(feed.time_zone), zone) for end in ends)
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


@contextmanager
def _connected(feed: SqlFeed, what: str) -> Iterator[tuple[sa.Connection, Dialect]]:
    """Give a connection in a read-only transaction with a timeout, rolled back at the end."""
    engine, dialect = _engine(feed, what)
    with _explained(what), engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        if dialect.timeout_attribute:
            name, unit = dialect.timeout_attribute
            setattr(raw, name, round(feed.timeout_seconds * unit))
        ready = connection.execution_options(**dialect.options)
        for command in dialect.start(feed.timeout_seconds, feed.time_zone):
            ready.execute(sa.text(command))
        yield ready, dialect
        ready.rollback()


def _engine(feed: SqlFeed, what: str) -> tuple[sa.Engine, Dialect]:
    url = os.environ.get(feed.url_from, "")
    if not url:
        raise ConfigurationError(
            f"{what}: {feed.url_from} is not set; export the database's URL, such as "
            f"postgresql://reader:...@host/database, under that name"
        )
    try:
        name = sa.make_url(url).get_backend_name()
    except ArgumentError:
        raise ConfigurationError(f"{what}: {feed.url_from} is not a database URL") from None
    if name not in DIALECTS:
        raise FeedError(f"{what}: no feeds from {name}; known are {', '.join(DIALECTS)}")
    dialect = DIALECTS[name]
    if feed.query is not None:
        try:
            check_select(feed.query, [dialect.sqlglot])
        except ValueError as error:
            raise FeedError(f"{what}: {error}") from None
    try:
        return sa.create_engine(url, poolclass=NullPool, connect_args=dialect.connect), dialect
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ConfigurationError(
            f"{what}: the driver for {name} is missing ({error}); install aiops-pipelines[{name}]"
        ) from None


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise FeedError(f"{what}: the database refused: {_reason(error)}") from None
    except SQLAlchemyError as error:
        raise FeedError(f"{what}: the database can't be read: {type(error).__name__}") from None


def _reason(error: DBAPIError) -> str:
    kind = type(error.orig).__name__
    state = getattr(error.orig, "pgcode", None)
    connecting = state is None and kind == "OperationalError"
    if connecting or (state or "").startswith(_SAFE_STATES):
        return f"{kind}: {str(error.orig).strip().splitlines()[0]}"
    return kind


def _source(feed: SqlFeed, names: dict[str, None]) -> sa.Select[Any]:
    columns: Sequence[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
    if feed.table is not None:
        schema, _, table = feed.table.rpartition(".")
        return sa.select(*columns).select_from(sa.table(table, schema=schema or None))
    literal = re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", (feed.query or "").strip().rstrip(";"))
    return sa.select(*columns).select_from(sa.text(f"{literal}\n").columns().subquery("feed_rows"))


def _blocks(parts: Iterator[Sequence[Any]], feed: SqlFeed, what: str) -> Iterator[Block]:
    names = list(dict.fromkeys([*feed.columns.values(), feed.watermark]))
    first = 1
    with _explained(what):
        for part in parts:
            cells = dict(zip(names, zip(*part, strict=True), strict=True))
            columns = {ours: _column(cells[theirs]) for ours, theirs in feed.columns.items()}
            yield Block(columns, np.arange(first, first + len(part)), {})
            first += len(part)


def _column(values: Sequence[Any]) -> pa.ChunkedArray:
    """Return a column in its own type, or as text where it is none that feeds are read from."""
    try:
        found = pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        found = None
    if found is None or not any(matches(found.type) for matches in _TYPES):
        found = pa.array([_text(value) for value in values], pa.string())
    return pa.chunked_array([found])


def _text(value: Any) -> str | None:
    """Return a value as text; bytes that are no text have marks where they could not be read."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return None if value is None else str(value)


def _local_day(mark: datetime | date, own: ZoneInfo, zone: ZoneInfo) -> date:
    if not isinstance(mark, datetime):
        mark = datetime.combine(mark, time(0))
    aware = mark if mark.tzinfo else mark.replace(tzinfo=own)
    return aware.astimezone(UTC).astimezone(zone).date()
