"""Dagster's SQLite storages with one engine each, and one transaction for what belongs together.

Dagster's own make an engine for every statement and a transaction for every part of an event, which
costs more than the event: a system's night spends half its time there. Named in `dagster.yaml`;
docs/adr/0008 says why and what it brings.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

import sqlalchemy as sa
from dagster import EventLogEntry
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData


class _Kept:
    """An engine that stays, and the connection of the transaction this thread is in."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(
            url, max_overflow=-1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        )
        sa.event.listen(self.engine, "connect", _write_ahead)
        self._thread = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Yield the thread's connection; what is nested belongs to the outermost transaction."""
        outer = getattr(self._thread, "connection", None)
        if outer is not None:
            yield outer
            return
        with self.engine.begin() as connection:
            self._thread.connection = connection
            try:
                yield connection
            finally:
                self._thread.connection = None


def _write_ahead(connection: Any, _: object) -> None:
    """Write ahead and don't wait for the disk: consistent, at worst short of a few last events."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


class EventLogStorage(ConsolidatedSqliteEventLogStorage):
    """The event log of all runs in one SQLite file."""

    @cached_property
    def _kept(self) -> _Kept:
        return _Kept(self._conn_string)

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        with self._kept.transaction() as connection:
            yield connection

    @cached_property
    def _tables(self) -> set[str]:
        return set()

    def has_table(self, table_name: str) -> bool:
        """Tell whether a table exists; asked for each partition, so one once seen is remembered."""
        if table_name not in self._tables:
            with self._connect() as connection:
                if not sa.inspect(connection).has_table(table_name):
                    return False
            self._tables.add(table_name)
        return True

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event and what is indexed of it in one transaction."""
        with self._kept.transaction():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in one transaction, all or none."""
        with self._kept.transaction():
            for event in events:
                super().store_event(event)

    def dispose(self) -> None:
        """Close the connections."""
        super().dispose()  # type: ignore[no-untyped-call]
        self._kept.engine.dispose()


class RunStorage(SqliteRunStorage):
    """Runs, their tags and states in one SQLite file."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Return the storage that `dagster.yaml` describes."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @cached_property
    def _kept(self) -> _Kept:
        return _Kept(self._conn_string)

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Yield a connection in a transaction of its own, or in the one it stands in."""
        with self._kept.transaction() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the connections."""
        super().dispose()
        self._kept.engine.dispose()
