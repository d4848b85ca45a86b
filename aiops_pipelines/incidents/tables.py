"""The desk's tables. Changes go through a migration; a test holds both against each other."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aiops_pipelines.database import Base


class IncidentRow(Base):
    """One episode of one failing check, or one report by people."""

    __tablename__ = "incidents"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    year: Mapped[int]
    number: Mapped[int]
    system: Mapped[str] = mapped_column(String(64), index=True)
    check: Mapped[str] = mapped_column(String(64))
    area: Mapped[str] = mapped_column(String(32))
    severity: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16), index=True)
    owner: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    opened: Mapped[date]
    last_failed: Mapped[date]
    recovered_on: Mapped[date | None]
    detected_at: Mapped[datetime]
    acknowledge_by: Mapped[datetime]
    resolve_by: Mapped[datetime]
    historical: Mapped[bool]
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(128))
    revision: Mapped[int]
    system_version: Mapped[str] = mapped_column(String(64))
    assignee: Mapped[str] = mapped_column(Text)
    escalated_to: Mapped[str] = mapped_column(Text)
    clock_start: Mapped[datetime]
    contain_by: Mapped[datetime]
    occurred_at: Mapped[datetime | None]
    aware_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    mitigated_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    duplicate_of: Mapped[str | None] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(Text)
    capa: Mapped[str] = mapped_column(Text)
    safety: Mapped[dict[str, Any]]
    timeline: Mapped[list["EntryRow"]] = relationship(order_by="EntryRow.id")
    duties: Mapped[list["DutyRow"]] = relationship(order_by="DutyRow.due")

    __table_args__ = (
        UniqueConstraint("year", "number"),
        Index("uq_incidents_source", "source", "external_id", unique=True),
    )


class EntryRow(Base):
    """One line of a timeline."""

    __tablename__ = "timeline"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    as_of: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any]]


class DutyRow(Base):
    """A report that a regulator or manufacturer is owed, with its due time."""

    __tablename__ = "duties"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    regime: Mapped[str] = mapped_column(String(32), primary_key=True)
    duty: Mapped[str] = mapped_column(Text)
    due: Mapped[datetime]
    done_at: Mapped[datetime | None]


class RestrictionRow(Base):
    """A mitigation in force on a system: paused, or under heightened review."""

    __tablename__ = "restrictions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), index=True)
    system: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    lifted_at: Mapped[datetime | None]


class EscalationRow(Base):
    """One step of an overdue clock up the line; its key makes it happen once."""

    __tablename__ = "escalations"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    clock: Mapped[str] = mapped_column(String(32), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    told: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class AuditRow(Base):
    """One change of one row of the desk, chained to the one before by its hash."""

    __tablename__ = "audit_trail"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))
    by: Mapped[str] = mapped_column(Text)
    of: Mapped[str] = mapped_column(String(120))
    change: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class OutcomeRow(Base):
    """The last outcome seen of each check, day and as_of; earlier ones change nothing."""

    __tablename__ = "outcomes"

    system: Mapped[str] = mapped_column(String(64), primary_key=True)
    check: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(primary_key=True)
    passed: Mapped[bool]
    severity: Mapped[str] = mapped_column(String(8))
    evaluation_id: Mapped[int] = mapped_column(BigInteger)


class CursorRow(Base):
    """How far each source has been read; of "audit", the chain's length and last hash."""

    __tablename__ = "cursors"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
