"""The audit trail: every change of the desk's rows, each record chained to the one before.

A record's hash (SHA-256) covers its number, time, author, row, change and the hash before it.
Replaying the records gives every row as it must be, so `verify` names an altered, missing or added
row of the desk as well as of the trail. The trail's length and last hash also stand apart, which
shows a cut tail. What can't be shown from the database alone: somebody who may write to it and
computes the whole chain anew. `verify` therefore takes a head noted elsewhere.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, UOWTransaction

from aiops_pipelines.database import Base
from aiops_pipelines.incidents.tables import (
    AuditRow,
    CursorRow,
    DutyRow,
    EntryRow,
    EscalationRow,
    IncidentRow,
    RestrictionRow,
)

AUDITED: tuple[type[Base], ...] = (IncidentRow, EntryRow, DutyRow, RestrictionRow, EscalationRow)
START = "0" * 64
_HEAD = "audit"


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's length and last hash: note it elsewhere to prove a later trail against it."""

    count: int
    hash: str

    def __str__(self) -> str:
        return f"{self.count}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Return the head written as COUNT:HASH; ValueError for anything else."""
        count, _, digest = text.partition(":")
        return cls(int(count), digest)


def canonical(value: object) -> str:
    """Return a value as JSON whose text depends on its content alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def link(seq: int, at: str, by: str, of: str, change: str, previous: str) -> str:
    """Return the hash of a record."""
    return hashlib.sha256(canonical([seq, at, by, of, change, previous]).encode()).hexdigest()


def begin(session: Session, by: str, at: datetime) -> None:
    """Record each change that `session` flushes from now on, as done by `by` at `at`."""
    session.info.update(by=by, at=at.astimezone(UTC).isoformat())
    event.listen(session, "after_flush", _record)


def head(session: Session) -> Head:
    """Return the head as it stands apart from the trail."""
    row = session.get(CursorRow, _HEAD)
    return Head.parse(row.value) if row else Head(0, START)


def verify(session: Session, noted: Head | None = None) -> list[str]:
    """Return what is wrong with the trail and with the desk's rows, one finding a line.

    `noted` is a head kept elsewhere: the trail must still hold that record.
    """
    findings: list[str] = []
    state: dict[str, dict[str, Any]] = {}
    last = Head(0, START)
    for row in session.scalars(select(AuditRow).order_by(AuditRow.seq)).yield_per(1000):
        if row.seq != last.count + 1:
            gap = f"{last.count + 1}" + (f" to {row.seq - 1}" if row.seq > last.count + 2 else "")
            findings.append(f"audit record {gap} is missing")
        elif row.previous != last.hash:
            findings.append(
                f"audit record {row.seq} ({row.of}) does not follow record {last.count}"
            )
        if row.hash != link(row.seq, row.at, row.by, row.of, row.change, row.previous):
            findings.append(f"audit record {row.seq} ({row.of}, {row.at}) was altered")
        last = Head(row.seq, row.hash)
        if noted is not None and noted.count == row.seq and noted.hash != row.hash:
            findings.append(f"audit record {row.seq} is not the one whose hash was noted")
        state.setdefault(row.of, {}).update(json.loads(row.change))
    stored = head(session)
    if stored.count > last.count:
        findings.append(f"audit records {last.count + 1} to {stored.count} are missing at the end")
    elif stored != last:
        findings.append("the trail's last record is not the one that stands as its head")
    if noted is not None and noted.count > last.count:
        findings.append(f"the trail ends at {last.count}, a head of {noted.count} was noted")
    return findings + list(_differences(session, state))


def _differences(session: Session, state: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield where the desk's rows are not what the trail says they are."""
    missing = set(state)
    for table in AUDITED:
        for row in session.scalars(select(table)).yield_per(1000):
            name = _name(row)
            if name not in state:
                yield f"{name} was added without a record"
                continue
            missing.discard(name)
            # Through JSON, as the record went: a row and its record compare as the same text.
            now = json.loads(canonical(_values(row)))
            wrong = [column for column, value in state[name].items() if now.get(column) != value]
            if wrong:
                yield f"{name} was altered: {', '.join(sorted(wrong))}"
    yield from (f"{name} is missing" for name in sorted(missing))


def _record(session: Session, _: UOWTransaction) -> None:
    changed = [row for row in session.dirty if session.is_modified(row)]
    for row in [*session.new, *changed]:
        if not isinstance(row, AUDITED):
            continue
        values = _values(row)
        if row not in session.new:
            state = inspect(row)
            values = {
                name: value
                for name, value in values.items()
                if state.attrs[name].history.has_changes()
            }
        if values:
            _append(session, _name(row), canonical(values))
    if any(isinstance(row, AUDITED) for row in session.deleted):
        raise RuntimeError("rows of the desk are never deleted")


def _append(session: Session, of: str, change: str) -> None:
    connection = session.connection()
    before = session.info.get("head")
    if before is None:
        value = connection.scalar(select(CursorRow.value).where(CursorRow.source == _HEAD))
        before = Head.parse(value) if value else Head(0, START)
        if value is None:
            connection.execute(
                CursorRow.__table__.insert().values(source=_HEAD, value=str(before))  # type: ignore[attr-defined]
            )
    seq, at, by = before.count + 1, session.info["at"], session.info["by"]
    digest = link(seq, at, by, of, change, before.hash)
    connection.execute(
        AuditRow.__table__.insert().values(  # type: ignore[attr-defined]
            seq=seq, at=at, by=by, of=of, change=change, previous=before.hash, hash=digest
        )
    )
    session.info["head"] = Head(seq, digest)
    connection.execute(
        CursorRow.__table__.update()  # type: ignore[attr-defined]
        .where(CursorRow.source == _HEAD)
        .values(value=f"{seq}:{digest}")
    )


def _name(row: Base) -> str:
    state = inspect(row)
    key = state.mapper.primary_key_from_instance(row)
    return f"{state.mapper.local_table.name} {' '.join(map(str, key))}"  # type: ignore[attr-defined]


def _values(row: Base) -> dict[str, Any]:
    """Return a row's values as recorded: evidence, which may be long, by its digest."""
    values = {column.key: getattr(row, column.key) for column in inspect(row).mapper.column_attrs}
    if isinstance(row, EntryRow):
        values["evidence"] = hashlib.sha256(canonical(row.evidence).encode()).hexdigest()
    return values


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"can't be recorded: {type(value).__name__}")
