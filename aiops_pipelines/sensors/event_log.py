"""Reads Dagster's event log by cursor so that no event is missed, however late it is committed.

An event's id is given when it is inserted. On SQLite ids are committed in order. On PostgreSQL a
transaction may commit after others that hold higher ids, so the cursor keeps the ids it has read
above the one below which nothing can come any more. That one moves once every transaction that
was open, or had begun, when it was marked has ended: PostgreSQL's snapshot says so. A tick costs
time in proportion to the events that are new since the last two.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqlEventLogStorage

BATCH = 500
_EARLIER_OVERLAP = 1_000
"""How far before a cursor of release 0.1.0's first format, one number, is read again."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far the log has been read.

    No event at or below `settled` is still to come; `seen` are ids read above it. `mark` is an id
    that will be settled when every transaction below `fence` has ended (0: not marked yet).
    """

    settled: int = 0
    seen: frozenset[int] = frozenset()
    mark: int = 0
    fence: int = 0

    @classmethod
    def parse(cls, text: str | None) -> "Position":
        """Return the position that `str` wrote; the beginning for None."""
        tree = json.loads(text or "0")
        if isinstance(tree, int):
            return cls(settled=max(0, tree - _EARLIER_OVERLAP))
        return cls(tree["settled"], frozenset(tree["seen"]), tree["mark"], tree["fence"])

    def __str__(self) -> str:
        return json.dumps(
            {
                "settled": self.settled,
                "seen": sorted(self.seen),
                "mark": self.mark,
                "fence": self.fence,
            }
        )

    def after(self, ids: Sequence[int]) -> "Position":
        """Return the position with these ids read."""
        return replace(self, seen=self.seen | set(ids))


def new_checks(
    instance: dg.DagsterInstance, position: Position
) -> Iterator[tuple[list[dg.EventLogRecord], Position]]:
    """Yield the check evaluations that are new since `position`, with the position after each part.

    The last part, which may be empty, moves the position where nothing new has come.
    """
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise TypeError("the event log must be Dagster's on SQLite (consolidated) or PostgreSQL")
    # Taken before reading: what had ended by then is visible to the reading.
    snapshot = _snapshot(storage)
    after = position.settled
    while True:
        records = instance.get_event_records(
            dg.EventRecordsFilter(
                event_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION, after_cursor=after
            ),
            limit=BATCH,
            ascending=True,
        )
        new = [record for record in records if record.storage_id not in position.seen]
        position = position.after([record.storage_id for record in new])
        if len(records) < BATCH:
            yield new, _moved(position, snapshot)
            return
        after = records[-1].storage_id
        yield new, position


def _moved(position: Position, snapshot: tuple[int, int] | None) -> Position:
    """Return the position after a whole reading: settled to the mark if nothing is open below."""
    newest = max(position.seen, default=position.settled)
    if snapshot is None:
        return Position(newest)
    oldest, next_one = snapshot
    if not position.mark:
        return position if newest == position.settled else replace(position, mark=newest)
    if not position.fence:
        # Taken a tick after the mark, when whoever held an id below it has its transaction's id.
        return replace(position, fence=next_one)
    if oldest < position.fence:
        return position
    return Position(position.mark, frozenset(id_ for id_ in position.seen if id_ > position.mark))


def _snapshot(storage: SqlEventLogStorage) -> tuple[int, int] | None:
    """Return the oldest open and the next transaction's id; None on SQLite: it has one writer."""
    with storage.index_connection() as connection:
        if connection.dialect.name != "postgresql":
            return None
        row = connection.execute(
            sa.text(
                "SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text "
                "FROM pg_current_snapshot() AS s"
            )
        ).one()
        return int(row[0]), int(row[1])
