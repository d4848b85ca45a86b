"""Dagster's SQLite storages with one engine each, kept for the life of the process.

Dagster's own make an engine and a connection for every event, which costs more than the event: a
system's night spends half its time there. Named in `dagster.yaml`; docs/adr/0008 has the figures.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

import sqlalchemy as sa
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(
        url, max_overflow=-1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
    )


class EventLogStorage(ConsolidatedSqliteEventLogStorage):
    """The event log of all runs in one SQLite file."""

    @cached_property
    def _kept(self) -> sa.Engine:
        return _engine(self._conn_string)

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        with self._kept.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the connections."""
        super().dispose()  # type: ignore[no-untyped-call]
        self._kept.dispose()


class RunStorage(SqliteRunStorage):
    """Runs, their tags and states in one SQLite file."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Return the storage that `dagster.yaml` describes."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @cached_property
    def _kept(self) -> sa.Engine:
        return _engine(self._conn_string)

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Yield a connection in a transaction of its own."""
        with self._kept.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the connections."""
        super().dispose()
        self._kept.dispose()
